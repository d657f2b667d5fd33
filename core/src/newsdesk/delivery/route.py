"""A reporter with its options: label, whether it is required, how the outbox is used."""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Literal

from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import DefinitionError, Fault
from newsdesk.machine import Machine
from newsdesk.plugins.building import build, validate_if_known
from newsdesk.plugins.definition import OPTIONS, parse
from newsdesk.plugins.registry import Registry

if TYPE_CHECKING:
    from newsdesk.routing.condition import Condition
    from newsdesk.routing.redaction import Redaction

_NEEDS_OUTBOX = "'{}' needs an outbox; configure one with 'outbox'"


@dataclass(frozen=True)
class Route:
    """A reporter with its options."""

    label: str
    """Its name in receipts and in the outbox; unique within a desk."""
    reporter: BaseReporter
    """The reporter."""
    required: bool = True
    """Whether its failure fails the report; otherwise it is a best effort."""
    accepts_spooled: bool = False
    """Whether a record in the outbox counts as success; the option `required: spooled`."""
    spool: Literal["on_failure", "always", "never"] = "on_failure"
    """Whether the outbox gets what could not be delivered, everything, or nothing."""
    is_labelled: bool = False
    """Whether the label was given; then it is never changed."""
    redact: "Redaction | None" = None
    """What of a machine the reporter does not see."""
    when: "Condition | None" = None
    """Which machines are for it; all, when None."""

    @classmethod
    def of(
        cls, entry: object, *, registry: Registry, allow_import_paths: Sequence[str] | None = None
    ) -> "Route":
        """Make a route from a reporter or an entry of a config.

        Raises:
            DefinitionError: the entry cannot be used.
        """
        if isinstance(entry, Route):
            return entry
        if isinstance(entry, BaseReporter):
            validate_if_known(entry)
            return cls(entry.defined_as or type(entry).__name__, entry)
        definition = parse(entry)
        reporter = build(definition, allow_import_paths=allow_import_paths, registry=registry)
        options = definition.options
        required = options.get("required", True)
        return cls(
            options.get("label", definition.target),
            reporter,
            required=required is not False,
            accepts_spooled=required == "spooled",
            spool=options.get("spool", "on_failure"),
            is_labelled="label" in options,
            **_routing(options),
        )

    def takes(self, machine: Machine) -> bool:
        """Return whether a machine is for the reporter."""
        return self.when is None or self.when.takes(machine.redacted())

    def form_of(self, machine: Machine) -> Machine:
        """Return what the reporter gets of a machine."""
        return machine.redacted() if self.redact is None else self.redact.apply(machine)


def _routing(options: Mapping[str, Any]) -> dict[str, Any]:
    """Read `redact` and `when`."""
    read: dict[str, Any] = {}
    if "redact" in options:
        from newsdesk.routing.redaction import Redaction  # noqa: PLC0415  (only for those who use it)

        read["redact"] = Redaction.of(options["redact"])
    if "when" in options:
        from newsdesk.routing.condition import Condition  # noqa: PLC0415  (the same)

        read["when"] = Condition.of(options["when"])
    return read


def routes(
    entries: object,
    *,
    registry: Registry,
    allow_import_paths: Sequence[str] | None = None,
    has_outbox: bool = False,
) -> tuple[Route, ...]:
    """Make the routes of a desk. Without an outbox, several of one kind without labels are numbered.

    Args:
        entries: Reporters, or entries as in a config.
        registry: Where names are looked up.
        allow_import_paths: Prefixes of the import paths that definitions may use; all, when None.
        has_outbox: Whether the desk has an outbox.

    Raises:
        DefinitionError: an entry cannot be used. Its `faults` are all that is wrong, each with its place as
            in a config: `reporters.0.files.path`. A single error keeps its class.
    """
    made: list[tuple[int, Route]] = []
    errors: list[DefinitionError] = []
    faults: list[Fault] = []
    for index, entry in enumerate(_listed(entries)):
        try:
            made.append((index, Route.of(entry, registry=registry, allow_import_paths=allow_import_paths)))
        except DefinitionError as error:
            errors.append(error)
            error.faults = tuple(_placed(f"reporters.{index}", entry, error))
            faults += error.faults
    others = [*_shared_labels(made, has_outbox=has_outbox), *([] if has_outbox else _need_outbox(made))]
    if len(errors) == 1 and not others:
        raise errors[0]
    if errors or others:
        raise DefinitionError("the reporters cannot be used", [*faults, *others])
    return tuple(_numbered([route for _, route in made]))


def _placed(place: str, entry: object, error: DefinitionError) -> Iterator[Fault]:
    """Give an entry's faults with their places: a parameter's is below its reporter's name."""
    if not error.faults:
        yield Fault(place, error.message)
    keys: Mapping[Any, Any] = entry if isinstance(entry, Mapping) else {}
    given = (key for key, value in keys.items() if key not in OPTIONS and isinstance(value, Mapping))
    target = next(given, None)
    for fault in error.faults:
        is_beside = fault.path in keys or fault.path.partition(".")[0] in keys.keys() & OPTIONS.keys()
        below = [] if target is None or is_beside else [str(target)]
        yield Fault(".".join([place, *below, *([fault.path] if fault.path else [])]), fault.message)


def _shared_labels(made: Iterable[tuple[int, Route]], *, has_outbox: bool) -> Iterator[Fault]:
    """Give a fault for each label of two reporters, where a number does not tell them apart.

    A label that was given stays as it is. And an outbox keeps what is owed by label: were the first of two
    entries deleted, the second would take its number, and what was owed to the first.
    """
    first: dict[str, tuple[int, Route]] = {}
    for index, route in made:
        before, other = first.setdefault(route.label, (index, route))
        if index == before:
            continue
        if route.is_labelled or other.is_labelled:
            text = f"reporters.{before} has the label {route.label!r} too; labels must be unique"
            yield Fault(f"reporters.{index}.label", text)
        elif has_outbox:
            text = f"with an outbox, two reporters of one kind ({route.label!r}) need labels"
            yield Fault(f"reporters.{index}.label", f"{text}; give each a 'label'")


def _need_outbox(made: Iterable[tuple[int, Route]]) -> Iterator[Fault]:
    for index, route in made:
        if route.spool == "always":
            yield Fault(f"reporters.{index}.spool", _NEEDS_OUTBOX.format("spool: always"))
        if route.accepts_spooled:
            yield Fault(f"reporters.{index}.required", _NEEDS_OUTBOX.format("required: spooled"))


def _listed(entries: object) -> Iterable[Any]:
    if isinstance(entries, str | Mapping | BaseReporter | Route):
        return [entries]
    if not isinstance(entries, Iterable):
        raise DefinitionError(f"reporters must be a list of definitions, not a {type(entries).__name__}")
    return entries


def _numbered(made: Sequence[Route]) -> Iterable[Route]:
    taken = {route.label for route in made if route.is_labelled}
    reporters: set[int] = set()
    for route in made:
        candidates = chain([route.label], (f"{route.label}#{number}" for number in count(2)))
        label = next(text for text in candidates if route.is_labelled or text not in taken)
        taken.add(label)
        # Each route has its own thread: an instance that is given twice would be used by both.
        reporter = copy.copy(route.reporter) if id(route.reporter) in reporters else route.reporter
        reporters.add(id(route.reporter))
        yield replace(route, label=label, reporter=reporter)
