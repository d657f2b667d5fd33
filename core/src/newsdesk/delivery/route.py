"""A reporter as a desk uses it: with its label, and whether it is required."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any, Literal

from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import DefinitionError, Fault
from newsdesk.plugins.building import build
from newsdesk.plugins.definition import parse
from newsdesk.plugins.registry import Registry


@dataclass(frozen=True)
class Route:
    """One way from a desk to a backend."""

    label: str
    """What receipts call it; unique within a desk."""
    reporter: BaseReporter
    """Who delivers."""
    required: bool = True
    """Whether a failure fails the report; a best effort when not."""
    accepts_spooled: bool = False
    """Whether a record that is safe in the outbox counts as success; the option `required: spooled`."""
    spool: Literal["on_failure", "always", "never"] = "on_failure"
    """Whether the outbox takes what could not be delivered, everything at once, or nothing."""
    is_labelled: bool = False
    """Whether somebody gave it its label, which is then never changed."""

    @classmethod
    def of(
        cls, entry: object, *, registry: Registry, allow_import_paths: Sequence[str] | None = None
    ) -> "Route":
        """Make a route of a reporter or of an entry of a config.

        Raises:
            DefinitionError: the entry cannot be used.
        """
        if isinstance(entry, Route):
            return entry
        if isinstance(entry, BaseReporter):
            return cls(entry.target or type(entry).__name__, entry)
        definition = parse(entry)
        reporter = build(definition, allow_import_paths=allow_import_paths, registry=registry)
        required = definition.options.get("required", True)
        return cls(
            definition.options.get("label", definition.target),
            reporter,
            required=required is not False,
            accepts_spooled=required == "spooled",
            spool=definition.options.get("spool", "on_failure"),
            is_labelled="label" in definition.options,
        )


def routes(
    entries: object, *, registry: Registry, allow_import_paths: Sequence[str] | None = None
) -> tuple[Route, ...]:
    """Make the routes of a desk; of those that nobody gave a label, two with one label are numbered.

    Raises:
        DefinitionError: an entry cannot be used, or a label was given twice; with several, the faults of all.
    """
    made: list[tuple[int, Route]] = []
    errors: list[tuple[int, DefinitionError]] = []
    for index, entry in enumerate(_listed(entries)):
        try:
            made.append((index, Route.of(entry, registry=registry, allow_import_paths=allow_import_paths)))
        except DefinitionError as error:
            errors.append((index, error))
    shared = shared_labels(made)
    if len(errors) == 1 and not shared:
        raise errors[0][1]
    if faults := [*(Fault(f"reporters.{index}", str(error)) for index, error in errors), *shared]:
        count = "1 reporter" if len(faults) == 1 else f"{len(faults)} reporters"
        raise DefinitionError(f"{count} cannot be used", faults)
    return tuple(_numbered([route for _, route in made]))


def shared_labels(made: Iterable[tuple[int, Route]]) -> list[Fault]:
    """Tell which labels that were given another reporter has too: with a number they were another label."""
    first: dict[str, tuple[int, Route]] = {}
    faults = []
    for index, route in made:
        before, other = first.setdefault(route.label, (index, route))
        if index != before and (route.is_labelled or other.is_labelled):
            text = f"reporters.{before} has the label {route.label!r} already; give each one of its own"
            faults.append(Fault(f"reporters.{index}.label", text))
    return faults


def needs_outbox(ways: Iterable[Route]) -> list[Fault]:
    """Tell which routes ask for an outbox, as faults for where there is none."""
    return [
        Fault(route.label, f"'{asks}' needs an outbox")
        for route in ways
        for asks in (
            *(["spool: always"] if route.spool == "always" else []),
            *(["required: spooled"] if route.accepts_spooled else []),
        )
    ]


def _listed(entries: object) -> Iterable[Any]:
    if isinstance(entries, str | Mapping | BaseReporter | Route):
        return [entries]
    if not isinstance(entries, Iterable):
        raise DefinitionError(f"reporters must be a list of definitions, but are a {type(entries).__name__}")
    return entries


def _numbered(made: Sequence[Route]) -> Iterable[Route]:
    taken = {route.label for route in made if route.is_labelled}
    reporters: set[int] = set()
    for route in made:
        candidates = chain([route.label], (f"{route.label}#{number}" for number in count(2)))
        label = next(text for text in candidates if route.is_labelled or text not in taken)
        taken.add(label)
        # Each route has a thread of its own: one instance that stands there twice would be used by both.
        reporter = copy.copy(route.reporter) if id(route.reporter) in reporters else route.reporter
        reporters.add(id(route.reporter))
        yield replace(route, label=label, reporter=reporter)
