"""The doubles do what they say."""

import pickle

import pytest
from newsdesk import BaseReporter, Desk, PermanentReporterError, Retry, Status, TransientReporterError
from newsdesk.delivery.route import Route
from newsdesk.testing import FailingReporter, MemoryReporter, SlowReporter


def test_memory_keeps_the_newest_revision(named):
    reporter, machine = MemoryReporter(), named("m")
    first, again = reporter.report(machine), reporter.report(machine)
    assert (first.unchanged, again.unchanged, first.reference) == (False, True, "memory:p/m")
    changed = {**machine.to_dict(), "metadata": {"new": 1}}
    assert not reporter.report(changed).unchanged
    assert [kept.to_dict() for kept in reporter.kept.values()] == [
        changed | {"runtime": {}, "evaluation": {}}
    ]
    assert reporter.holds([machine.key, named("other").key]) == {machine.key}


def test_a_copy_of_memory_begins_empty(named):
    reporter = MemoryReporter()
    reporter.report(named("m"))
    copied = pickle.loads(pickle.dumps(reporter))
    assert (copied, copied.kept) == (reporter, {})


def test_a_failing_one_fails_as_often_as_was_asked(named):
    with Desk(reporter := FailingReporter(2), retry=Retry(attempts=3, initial=0.001)) as desk:
        (receipt,) = desk.report(named("m"))
    assert (receipt.status, receipt.attempts, reporter.failures) == (Status.DELIVERED, 3, 2)


def test_a_failing_one_fails_for_ever_unless_it_is_told_how_often(named):
    reporter = FailingReporter(retry_after=3, message="closed")
    for _ in range(3):
        with pytest.raises(TransientReporterError, match="closed") as caught:
            reporter.report(named("m"))
    assert (caught.value.retry_after, reporter.kept) == (3, {})


def test_a_failure_may_be_for_good(named):
    with pytest.raises(PermanentReporterError, match="failed on purpose"):
        FailingReporter(transient=False).report(named("m"))


def test_a_slow_one_is_left_behind_at_the_deadline(named):
    routes = [Route("slow", SlowReporter(0.5), required=False), Route("quick", MemoryReporter())]
    with Desk(routes, deadline=0.1, retry=Retry(attempts=1)) as desk:
        assert [receipt.status for receipt in desk.report(named("m"))] == [Status.FAILED, Status.DELIVERED]


def test_a_slow_one_delivers_in_the_end(named):
    reporter = SlowReporter(0.001)
    reporter.report(named("m"))
    assert len(reporter.kept) == 1


@pytest.mark.parametrize("double", [MemoryReporter(), FailingReporter(2), SlowReporter(1.0)])
def test_doubles_are_found_by_their_import_path(double):
    assert BaseReporter.from_dict(double.to_dict()) == double
