"""Checks: what had to be changed to fit the backend is reported."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from newsdesk.alteration import Alteration
from newsdesk.contract.delivery import Delivery
from newsdesk.contract.reporter import BaseReporter
from newsdesk.machine import Machine
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.machines import HOSTILE, canned, hostile, long_value, real

_TELLING = ("unicode", "numbers", "long-names")
"""The hostile machines that test the values of a backend."""
_NOTHING = object()
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity")
_KINDS = ("truncated", "renamed", "encoded", "omitted")


class AlterationChecks(CheckFixtures):
    """Plans and deliveries list the same changes, as many as declared."""

    @check()
    def test_alterations_are_reported(self, new_reporter: NewReporter) -> None:
        """If this fails, the plan or the receipt does not list what was changed to fit the backend.

        A plan, the delivery, and the delivery of the same record again must list the same alterations; and
        `alters` declares how many each hostile machine has.
        """
        found = {name: _alterations_of(new_reporter, hostile(name)) for name in HOSTILE}
        numbers = {name: len(listed) for name, listed in found.items() if listed}
        declared = dict(self.capabilities.alters)
        differ = {name: found[name] for name in HOSTILE if numbers.get(name) != declared.get(name)}
        expect(
            not differ,
            f"alters={declared} is declared, but the alterations are {numbers}; declare these if none is "
            f"missing: {'; '.join(f'{name}: {_shown(listed)}' for name, listed in differ.items())}",
        )

    @check("values")
    def test_a_value_that_differs_is_an_alteration(
        self, new_reporter: NewReporter, values: Callable[[Machine], Mapping[str, object]]
    ) -> None:
        """If this fails, the backend shows another value than the record has, or none, and nobody is told.

        Report an `Alteration` with the path of the value, or send it as it is.
        """
        names = ["ordinary", *real(), *(f"hostile/{name}" for name in _TELLING)]
        machines = [*(machine for name in names for machine in canned(name)), long_value()]
        with new_reporter() as reporter:
            for machine in machines:
                delivery = reporter.report(machine) or Delivery()
                altered = [alteration.path for alteration in delivery.alterations]
                wrong = [
                    f"{path[:80]} is {shown!r:.80} instead of {found!r:.80}"
                    for path, shown in values(machine).items()
                    if not _is_same(found := _at(machine, path), shown) and not _is_among(path, altered)
                ]
                expect(
                    not wrong, f"without an alteration, of {str(machine.key)[:80]!r} {'; '.join(wrong[:5])}"
                )


def _alterations_of(new_reporter: NewReporter, machines: Sequence[Machine]) -> list[Alteration]:
    """Give the alterations of all; deliver those that have some, and the first of those that have none."""
    found: list[Alteration] = []
    with new_reporter() as reporter:
        for number, machine in enumerate(machines):
            planned = list(new_reporter().plan(machine).alterations)
            if planned or not number:
                _expect_same(reporter, machine, planned)
            found += planned
    return found


def _expect_same(reporter: BaseReporter, machine: Machine, planned: list[Alteration]) -> None:
    for when in ("first", "second")[: 1 + bool(planned)]:
        listed = list((reporter.report(machine) or Delivery()).alterations)
        expect(
            listed == planned,
            f"the plan of {str(machine.key)[:80]!r} lists {_shown(planned)}, but the {when} delivery lists "
            f"{_shown(listed)}",
        )
    for alteration in planned:
        expect(alteration.kind in _KINDS, f"{alteration} has an unknown kind; use one of {', '.join(_KINDS)}")
        expect(alteration.path and alteration.detail, f"{alteration!r} must have a path and a detail")


def _shown(alterations: Sequence[Alteration]) -> str:
    return ", ".join(f"{each.path[:80]} {each.kind}" for each in alterations) or "nothing"


def _at(machine: Machine, path: str) -> Any:
    """Give the value at a path, whose keys may have dots; nothing, where a key was changed."""
    value: Any = machine.to_dict()
    while path:
        keys = range(len(value)) if isinstance(value, list) else value
        key = next((key for key in keys if f"{path}.".startswith(f"{key}.")), None)
        if key is None:
            return _NOTHING
        value, path = value[key], path[len(str(key)) + 1 :]
    return value


def _is_same(found: object, shown: object) -> bool:
    """Tell whether a backend shows a value, as it is or as text; NaN and the infinities may be numbers."""
    if found is _NOTHING:
        return False
    if isinstance(found, float) or isinstance(shown, float):
        return _number(found) is not None and _number(found) == _number(shown)
    return found == shown or shown in (str(found), json.dumps(found))


def _number(value: object) -> str | None:
    """Give a number as text, so that NaN is NaN; None for what is not a number of a record."""
    if isinstance(value, int | float) or value in _NO_NUMBERS:
        return repr(float(value) + 0.0)  # no negative zero
    return None


def _is_among(path: str, altered: Sequence[str]) -> bool:
    """Tell whether a path, or what it is in, is one of those that were altered."""
    return any(path == each or path.startswith(f"{each}.") for each in altered)
