"""Checks: what is handed to a reporter, and what it hands back, survives."""

import copy
import json
from typing import cast

from newsdesk.contract.delivery import Delivery
from newsdesk.machine import Machine
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, expect_delivered, receipts_of
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.machines import canned, hostile, real


class ExchangeChecks(CheckFixtures):
    """The machine that a reporter gets, and the delivery that it returns."""

    @check(required=True)
    def test_the_machine_is_the_same_afterwards(self, new_reporter: NewReporter) -> None:
        """If this fails, the next reporter, or the caller, gets a machine that this one has changed.

        Change a copy: `machine.to_dict()`.
        """
        for name in ("ordinary", *real()):
            (machine,) = canned(name)
            record = machine.to_dict()
            before = copy.deepcopy(record)
            with new_reporter() as reporter:
                reporter.plan(machine)
                reporter.report(machine)
                list(reporter.report_many([machine]))
                reporter.report(cast("Machine", record))  # as a desk takes it
            expect(
                machine.to_dict() == before, f"the machine {name!r} was changed: {_changes(before, machine)}"
            )
            expect(record == before, f"the mapping {name!r} that was reported was changed")

    @check(required=True)
    def test_a_delivery_survives_the_desk(self, new_reporter: NewReporter) -> None:
        """If this fails, a receipt does not show what `report` returned.

        Return None or a `newsdesk.Delivery`, whose reference is a text that can be printed and stored, and
        has no secret: that would be masked.
        """
        machines = [
            *canned("ordinary"),
            *hostile("unicode"),
            *hostile("long-names"),
            *hostile("path-names")[:2],
        ]
        with new_reporter() as reporter:
            receipts = receipts_of(reporter, machines)
            expect_delivered(receipts, when="by a desk")
            for machine, receipt in zip(machines, receipts, strict=True):
                wanted = (reporter.report(machine) or Delivery()).reference
                expect(
                    receipt.reference == wanted and (wanted is None or wanted.isprintable()),
                    f"report returns the reference {wanted!r}, but the receipt has {receipt.reference!r}",
                )
                json.dumps(receipt.to_dict(), ensure_ascii=False).encode("utf-8")


def _changes(before: dict[str, object], machine: Machine) -> str:
    after = machine.to_dict()
    return ", ".join(key for key in {**before, **after} if before.get(key) != after.get(key))
