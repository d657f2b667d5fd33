"""Where a machine is: which reporters of the config hold it, in which revision."""

from collections.abc import Iterator
from typing import NamedTuple

from newsdesk.builtin.display import minute
from newsdesk.cli.sources.sources import Sources
from newsdesk.contract.stored import StoredMachine
from newsdesk.exceptions import DefinitionError, ReporterException
from newsdesk.machine import Machine


class Place(NamedTuple):
    """What a reporter holds of a machine."""

    label: str
    """The reporter."""
    state: str
    """Whether it holds it, and in which revision."""
    stored: str = ""
    """When it was stored."""
    reference: str = ""
    """Where it is."""


def places(machine: Machine, sources: Sources) -> Iterator[Place]:
    """Yield what each reporter of the config holds of a machine.

    What a backend holds is listed until the machine comes: nothing else tells where it is.
    """
    revision = machine.redacted().revision
    for route in sources.config.routes:
        try:
            stored = _found(machine, sources, route.label)
        except DefinitionError:
            yield Place(route.label, "cannot be read")
            continue
        except ReporterException as error:
            yield Place(route.label, str(error))
            continue
        if stored is None:
            yield Place(route.label, "not there" if route.takes(machine) else "not for it, by its 'when'")
            continue
        if stored.revision is None:
            state = "there, in an unknown revision"
        elif stored.revision == revision:
            state = "this revision"
        else:
            state = f"revision {stored.revision[:12]}"
        time = "" if stored.time is None else f"{minute(stored.time)} UTC"
        yield Place(route.label, state, time, stored.reference or "")


def _found(machine: Machine, sources: Sources, label: str) -> StoredMachine | None:
    for stored in sources.backend(label).machines():
        if stored.key == machine.key:
            return stored
    return None
