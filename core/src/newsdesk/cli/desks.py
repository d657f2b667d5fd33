"""The desk for a machine: by `--to`, by the config, or by the machine's own reporters."""

import re
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import click

from newsdesk import canonical
from newsdesk.builtin.registry import default_registry
from newsdesk.config.file import Config, found
from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.delivery.desk import Desk, own_reporters
from newsdesk.delivery.route import Route, routes
from newsdesk.exceptions import DefinitionError, UnknownReporterError
from newsdesk.machine import Machine
from newsdesk.plugins.definition import is_import_path
from newsdesk.plugins.import_paths import what_to_install

FALLBACK = "newsdesk-reports"
"""The folder for machines without reporters, if neither `--to` nor a config names any."""
KEPT = 32
"""Desks that are open at a time: each may hold connections, and each machine may have its own reporters."""


# What means itself in YAML: it is none of YAML's own words, and a number or a date begins otherwise.
_PLAIN = re.compile(
    r"(?-i:null)|(?!(?:null|true|false|yes|no|on|off)\Z)[a-z][a-z0-9_.:-]*[a-z0-9_]", re.IGNORECASE
)
_FORM = "give a label, a name, an import path, or YAML such as '{files: {path: reports}}'"


class Desks:
    """The desks of one run of a command; those used last stay open until the end."""

    def __init__(self, config_path: str | None, to: Sequence[str]) -> None:
        """Read the config, and `--to`.

        Raises:
            DefinitionError: one of them cannot be used.
        """
        path = found(config_path)
        self.config = Config() if path is None else Config.read(path)
        chosen = _chosen(to, self.config)
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
            click.echo(f"No reporters are configured; machines are written to ./{FALLBACK}.", err=True)
            self._has_fallen_back = True
        return [{"files": {"path": FALLBACK}}]


def _chosen(to: Iterable[str], config: Config) -> tuple[Route, ...]:
    """Give the routes that `--to` names: by a label of the config, or by a definition."""
    labels = {route.label: route for route in config.routes}
    # One given twice is meant once: two threads must not share a reporter.
    entries = [labels[text] if text in labels else _definition(text, labels) for text in dict.fromkeys(to)]
    chosen = routes(
        entries,
        registry=default_registry(),
        allow_import_paths=config.allow_import_paths,
        has_outbox=config.outbox is not None,
    )
    for route in chosen if config.outbox is not None else ():
        if route.label in labels and route.reporter != labels[route.label].reporter:
            raise DefinitionError(
                f"--to has another reporter {route.label!r} than the config, to which the outbox would send "
                "what it owes; add a 'label'"
            )
    return chosen


def _definition(text: str, labels: Collection[str]) -> Any:
    entry = text if _PLAIN.fullmatch(text) else _read(text)
    if entry is None and text.strip() != "null":  # an unset variable of a shell must not mean nowhere
        raise DefinitionError(f"--to {text!r} is empty; {_FORM}")
    if labels and isinstance(entry, str) and not is_import_path(entry):
        _refuse_unknown(entry, labels)
    return entry


def _read(text: str) -> Any:
    import yaml  # noqa: PLC0415  (0.02 s, for more than a name)

    from newsdesk.config.lines import UniqueLoader, reason  # noqa: PLC0415  (the same)

    try:
        return yaml.load(text, UniqueLoader)  # noqa: S506  (a safe one)
    except Exception as error:  # what a tag such as !!bool does not understand raises anything
        raise DefinitionError(f"--to {text!r} is not a definition ({reason(error)}); {_FORM}") from error


def _refuse_unknown(name: str, labels: Collection[str]) -> None:
    registry = default_registry()
    if registry.owner(name) is None:
        names = registry.names()
        raise UnknownReporterError(
            f"--to {name!r} is not a label of the config or an installed reporter"
            f"{did_you_mean(name, [*labels, *names])}; labels: {listed(labels)}; installed: {listed(names)}"
            f"{what_to_install(name)}"
        )
