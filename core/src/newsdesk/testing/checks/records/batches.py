"""Checks: `report_many` gives for each machine what `report` would."""

from collections.abc import Sequence

from newsdesk.contract.delivery import Delivery
from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import PermanentReporterError
from newsdesk.machine import Machine
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter, receipts_of
from newsdesk.testing.harness.fixtures import CheckFixtures, Refusing
from newsdesk.testing.machines import small

_SHUFFLED = (5, 0, 6, 3, 1, 4, 2)
_POISON = "poison-7f3a"


class BatchChecks(CheckFixtures):
    """Many machines at once: in any order, some there already, some twice, one refused."""

    @check("keeps", required=True)
    def test_report_many_answers_as_report_does(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, `report_many` loses, repeats or mixes up records, or what it answers.

        For each machine, in their order, it yields what `report` would return: the reference and the
        alterations of this machine, and whether it was there already.
        """
        there, twice = _numbered(1), _numbered(3, rebuilt=True)
        machines = [*map(_numbered, _SHUFFLED), twice]
        with new_reporter() as reporter:
            reporter.report(there)
            answers = list(reporter.report_many(iter(machines)))
            expect(len(answers) == len(machines), f"{len(machines)} machines got {len(answers)} answers")
            failed = [answer for answer in answers if isinstance(answer, Exception)]
            expect(not failed, f"report_many fails where report does not: {failed}")
            deliveries = [answer for answer in answers if not isinstance(answer, Exception)]
            replaced = self.capabilities.changed == "replaces"
            left = [machine for machine in machines if not (replaced and machine == _numbered(3))]
            held.expect(*left, after="report_many")
            _expect_unchanged(machines, deliveries, [there] if self.capabilities.tells_unchanged else [])
            _expect_same_answers(reporter, machines, deliveries, left)

    @check("keeps")
    def test_a_refused_record_fails_alone(
        self, new_reporter: NewReporter, held: BackendRecords, refusing: Refusing
    ) -> None:
        """If this fails, one record that the backend refuses fails others of the same `report_many`.

        Deliver the machines of a refused batch one by one, or raise: then the desk does.
        """
        machines = [*map(_numbered, range(2)), small(_POISON), *map(_numbered, range(2, 4))]
        others = [machine for machine in machines if machine.name != _POISON]
        reporter = new_reporter()
        with refusing(_POISON) as refused:
            receipts = receipts_of(reporter, machines, at_once=True)
        reporter.close()
        failed = {receipt.machine.name: receipt.error for receipt in receipts if not receipt.ok}
        expect(
            failed.keys() <= {_POISON}, f"one of {len(machines)} records is refused, but these fail: {failed}"
        )
        expect(failed or not refused(), "a record that the backend refused counts as delivered")
        error = failed.get(_POISON)
        said = f"the error of a refused record must be a PermanentReporterError, but is: {error!r}"
        expect(not failed or isinstance(error, PermanentReporterError), said)
        held.expect(*others, after="report_many of a batch with a refused record")


def _numbered(number: int, *, rebuilt: bool = False) -> Machine:
    return small(f"many-{number}", metadata={"number": number, "rebuilt": rebuilt})


def _expect_unchanged(
    machines: Sequence[Machine], deliveries: Sequence[Delivery | None], there: Sequence[Machine]
) -> None:
    told = [
        machine.name for machine, found in zip(machines, deliveries, strict=True) if found and found.unchanged
    ]
    wanted = [machine.name for machine in there]
    expect(told == wanted, f"report_many must tell {wanted} as unchanged, but tells {told}")


def _expect_same_answers(
    reporter: BaseReporter,
    machines: Sequence[Machine],
    deliveries: Sequence[Delivery | None],
    left: Sequence[Machine],
) -> None:
    """Report what the backend holds again: that changes nothing, and the answers must be the same."""
    for machine, found in zip(machines, deliveries, strict=True):
        if machine in left:
            wanted = reporter.report(machine) or Delivery()
            told, told_of_many = (
                (each.reference, [*each.alterations]) for each in (wanted, found or Delivery())
            )
            said = f"report_many answers {told_of_many} for {machine.name!r}, but report answers {told}"
            expect(told == told_of_many, said)
