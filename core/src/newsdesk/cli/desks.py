"""The desk for a machine: by `--to`, by the config, or by the machine's own reporters."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from newsdesk import canonical
from newsdesk.builtin.registry import default_registry
from newsdesk.cli.logs import say
from newsdesk.cli.named import named
from newsdesk.config.choice import ConfigChoice
from newsdesk.delivery.desk import Desk
from newsdesk.delivery.report import own_reporters
from newsdesk.delivery.route import Route, routes
from newsdesk.exceptions import DefinitionError
from newsdesk.machine import Machine

FALLBACK = "newsdesk-reports"
"""The folder for machines without reporters, if neither `--to` nor a config names any."""
KEPT = 32
"""Desks that are open at a time: each may hold connections, and each machine may have its own reporters."""


class Desks:
    """The desks of one run of a command; those used last stay open until the end."""

    def __init__(self, choice: ConfigChoice, to: Sequence[str]) -> None:
        """Read the config, and `--to`.

        Raises:
            DefinitionError: one of them cannot be used.
        """
        self.config = choice.config()
        chosen = self._chosen(to)
        if chosen:
            self.config = replace(self.config, routes=chosen)
        self._made: OrderedDict[bytes, Desk] = OrderedDict()
        self._has_fallen_back = False

    def of(self, machine: Machine) -> Desk:
        """Give the desk for a machine; it is closed when those of many other machines have been used."""
        entries: Any = [] if self.config.routes else own_reporters(machine)
        key = canonical.dumps(entries)
        if key in self._made:
            self._made.move_to_end(key)
        else:
            self._made[key] = self._make(machine, entries)
        if len(self._made) > KEPT:
            _, oldest = self._made.popitem(last=False)
            oldest.close()
        return self._made[key]

    def only_route(self) -> Route:
        """Give the one reporter of the command.

        Raises:
            click.UsageError: there is not exactly one.
        """
        if len(self.config.routes) != 1:
            labels = ", ".join(route.label for route in self.config.routes) or "none"
            raise click.UsageError(f"give one reporter with --to; the config has: {labels}")
        return self.config.routes[0]

    def close(self) -> None:
        """Close all desks."""
        for desk in self._made.values():
            desk.close()

    def _chosen(self, to: Sequence[str]) -> tuple[Route, ...]:
        chosen = named(to, self.config, option="--to")
        labels = {route.label: route for route in self.config.routes}
        for route in chosen if self.config.outbox is not None else ():
            if route.label in labels and route.reporter != labels[route.label].reporter:
                raise DefinitionError(
                    f"--to has another reporter {route.label!r} than the config, to which the outbox would "
                    "send what it owes; add a 'label'"
                )
        return chosen

    def _make(self, machine: Machine, entries: list[Any]) -> Desk:
        if self.config.routes:
            return self.config.desk()
        try:
            made = routes(
                entries or self._fallback(),
                registry=default_registry(),
                allow_import_paths=self.config.allow_import_paths,
                has_outbox=self.config.outbox is not None,
            )
        except DefinitionError as error:
            place = f"the runtime.reporters of {machine.key} cannot be used"
            raise DefinitionError(place, error.faults) from error
        return replace(self.config, routes=made).desk()

    def _fallback(self) -> list[Any]:
        if not self._has_fallen_back:
            say(f"No reporters are configured; machines are written to ./{FALLBACK}.")
            self._has_fallen_back = True
        return [{"files": {"path": FALLBACK}}]
