"""Checks: what had to be changed to fit the backend is reported."""

from collections.abc import Sequence

from newsdesk.alteration import Alteration
from newsdesk.contract.delivery import Delivery
from newsdesk.machine import Machine
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.machines import HOSTILE, hostile

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


def _alterations_of(new_reporter: NewReporter, machines: Sequence[Machine]) -> list[Alteration]:
    return [found for machine in machines for found in _same_alterations(new_reporter, machine)]


def _same_alterations(new_reporter: NewReporter, machine: Machine) -> Sequence[Alteration]:
    reporter = new_reporter()
    planned = list(reporter.plan(machine).alterations)
    for when in ("first", "second"):
        listed = list((reporter.report(machine) or Delivery()).alterations)
        expect(
            listed == planned,
            f"the plan of {str(machine.key)[:80]!r} lists {_shown(planned)}, but the {when} delivery lists "
            f"{_shown(listed)}",
        )
    for alteration in planned:
        expect(alteration.kind in _KINDS, f"{alteration} has an unknown kind; use one of {', '.join(_KINDS)}")
        expect(alteration.path and alteration.detail, f"{alteration!r} must have a path and a detail")
    return planned


def _shown(alterations: Sequence[Alteration]) -> str:
    return ", ".join(f"{each.path[:80]} {each.kind}" for each in alterations) or "nothing"
