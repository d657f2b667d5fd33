"""A builder for gordo whose machines report themselves through newsdesk."""

from typing import Any

import gordo.builder

from newsdesk_gordo.reporting import Reports


class Reporting:
    """Mixin for a subclass of gordo's `ModelBuilder`: its machines report themselves through newsdesk."""

    machine: Any
    """The machine to build, set by gordo's `ModelBuilder`."""

    def build(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Build like the next class; the machine's `report` is newsdesk's.

        A config or reporter that cannot be used is refused before the build, which may take hours.

        Raises:
            gordo_core.exceptions.ConfigException: the config or a reporter's definition cannot be used.
        """
        reports = Reports.of(self.machine)
        model, machine = super().build(*args, **kwargs)  # type: ignore[misc]  # the next class is gordo's
        # On the object, not the class: `gordo build` calls it, and other machines keep gordo's.
        machine.report = lambda: reports.send(machine)
        return model, machine


class ModelBuilder(Reporting, gordo.builder.ModelBuilder):  # type: ignore[misc]  # gordo has no types
    """gordo's builder, reporting through newsdesk; see `newsdesk_gordo`."""
