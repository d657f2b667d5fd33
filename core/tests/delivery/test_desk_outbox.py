"""A desk with an outbox: what is spooled and when, what counts as success, what is sent along, what overtakes what."""

import contextlib
import json
import logging
import re
import sqlite3
import subprocess
import sys
import threading
import time
from typing import ClassVar

import pytest
from newsdesk.contract.delivery import Delivery
from newsdesk.contract.receipt import DeliveryFailed
from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.desk import Desk
from newsdesk.delivery.report import report
from newsdesk.delivery.retry import Retry
from newsdesk.delivery.route import Route
from newsdesk.exceptions import DefinitionError, PermanentReporterError, TransientReporterError
from newsdesk.machine import Machine
from newsdesk.outbox import Bounds, Outbox, OutboxError, State

ONCE = Retry(attempts=1)


def machine(name="m", revision=0):
    return Machine(name=name, project_name="p", metadata={"n": revision})


class Unspeakable(TransientReporterError):
    def __str__(self):
        return str(1 / 0)


class Switched(BaseReporter):
    """Keeps machines, while it is switched on; else it fails as it was told."""

    faults: ClassVar[dict] = {}
    kept: ClassVar[dict] = {}

    def __init__(self, name="switched", password=None):
        self.name, self.password = name, password

    def report(self, machine):
        fault, kept = self.faults.get(self.name), self.kept  # one that is left behind may outlive its test
        if callable(fault):
            fault(machine)
        elif fault is not None:
            raise fault
        kept.setdefault(self.name, []).append((machine.name, machine.metadata["n"]))
        return Delivery(reference=machine.name)


@pytest.fixture(autouse=True)
def backends():
    Switched.faults, Switched.kept = {}, {}
    return Switched


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path / "box" / "owed.db") as made:
        yield made


@pytest.fixture
def desk(outbox):
    made = []

    def make(*routes, **options):
        made.append(Desk(routes or [route()], outbox=options.pop("outbox", outbox), retry=ONCE, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def route(name="a", **options):
    return Route(name, Switched(name), **options)


def statuses(receipts):
    return [(receipt.reporter, str(receipt.status)) for receipt in receipts]


def owed(outbox):
    return [(e.label, e.key.name, outbox.load(e).metadata["n"]) for e in outbox.entries(State.OWED)]


class TestSpooling:
    def test_what_could_not_be_delivered_for_now_is_on_the_disk_when_report_returns(self, desk, outbox):
        Switched.faults["a"] = TransientReporterError("down")
        with pytest.raises(DeliveryFailed) as failed:
            desk().report(machine())
        [receipt] = failed.value.receipts
        assert (str(receipt.status), receipt.attempts, str(receipt.error)) == ("spooled", 1, "down")
        assert not receipt.ok
        [entry] = outbox.entries()
        assert (entry.error, owed(outbox)) == ("down", [("a", "m", 0)])

    @pytest.mark.parametrize(
        ("nested", "shown"),
        [(ConnectionError("no login with s3cret-s3cret"), "no login with ***"), (Unspeakable(), None)],
    )
    def test_what_may_work_later_is_kept_also_when_its_error_has_to_be_masked(
        self, desk, outbox, nested, shown
    ):
        Switched.faults["a"] = nested if shown is None else TransientReporterError(nested)
        made = desk(Route("a", Switched("a", password="s3cret-s3cret"), accepts_spooled=True))
        [receipt] = made.report(machine())
        assert isinstance(receipt.error, TransientReporterError)
        assert str(receipt.error) == (shown or "a Unspeakable that cannot be shown: ZeroDivisionError")
        assert statuses([receipt]) == [("a", "spooled")]

    def test_what_no_thread_can_be_begun_for_is_kept_too(self, desk, outbox, threadless):
        made = desk(route("a", accepts_spooled=True))
        [receipt] = made.report(machine())
        assert (str(receipt.status), receipt.attempts) == ("spooled", 0)
        assert str(receipt.error) == (
            "no thread could be started for the reporter 'a' (can't start new thread). Is the process ending, or at "
            "its limit of threads, or its container?"
        )
        assert statuses(made.report_many([machine(name="n")])) == [("a", "spooled")]
        assert [name for _, name, _ in owed(outbox)] == ["m", "n"]

    def test_where_it_is_enough_a_record_that_is_safe_is_a_success(self, desk):
        Switched.faults["a"] = TransientReporterError("down")
        receipts = desk(route(accepts_spooled=True)).report(machine())
        assert statuses(receipts) == [("a", "spooled")]
        assert receipts[0].settled

    def test_a_best_effort_that_is_spooled_fails_nothing(self, desk):
        Switched.faults["a"] = TransientReporterError("down")
        assert statuses(desk(route(required=False), route("b")).report(machine())) == [
            ("a", "spooled"),
            ("b", "delivered"),
        ]

    @pytest.mark.parametrize("error", [PermanentReporterError("refused"), KeyError("a bug")])
    def test_what_will_never_work_is_a_failure_and_is_not_kept(self, desk, outbox, error):
        Switched.faults["a"] = error
        with pytest.raises(DeliveryFailed) as failed:
            desk(route(accepts_spooled=True)).report(machine())
        assert statuses(failed.value.receipts) == [("a", "failed")]
        assert owed(outbox) == []

    def test_one_that_hangs_is_spooled_when_the_deadline_is_over(self, desk, outbox):
        release = threading.Event()
        Switched.faults["a"] = lambda _: release.wait(30)
        receipts = desk(route(accepts_spooled=True), route("b"), deadline=0.3).report(machine())
        assert statuses(receipts) == [("a", "spooled"), ("b", "delivered")]
        assert owed(outbox) == [("a", "m", 0)]
        release.set()

    def test_never_means_never(self, desk, outbox):
        Switched.faults["a"] = TransientReporterError("down")
        with pytest.raises(DeliveryFailed) as failed:
            desk(route(spool="never")).report(machine())
        assert statuses(failed.value.receipts) == [("a", "failed")]
        assert owed(outbox) == []

    def test_always_means_that_it_is_kept_and_sent_by_somebody_else(self, desk, outbox):
        made = desk(route(spool="always", accepts_spooled=True))
        [receipt] = made.report(machine())
        assert (str(receipt.status), receipt.attempts, receipt.error) == ("spooled", 0, None)
        assert Switched.kept == {}
        assert statuses(made.send_owed()) == [("a", "delivered")]
        assert Switched.kept == {"a": [("m", 0)]}

    def test_what_is_always_kept_is_safe_before_another_reporter_can_hang(self, desk, outbox):
        seen = []
        Switched.faults["b"] = lambda _: seen.extend(owed(outbox))
        receipts = desk(route("b"), route("a", spool="always", accepts_spooled=True)).report(machine())
        assert seen == [("a", "m", 0)]
        assert statuses(receipts) == [("b", "delivered"), ("a", "spooled")]

    def test_a_locked_outbox_that_is_to_keep_everything_holds_up_no_other_reporter(self, desk, outbox):
        outbox.probe()
        made = desk(route("a", spool="always", accepts_spooled=True), route("b"), deadline=1)
        other = sqlite3.connect(outbox.path, isolation_level=None, check_same_thread=False)
        with contextlib.closing(other):
            other.execute("BEGIN IMMEDIATE")
            # The lock is released when the second one arrives: were it waited for before, none would.
            Switched.faults["b"] = lambda machine: machine.name == "2" and other.execute("ROLLBACK")
            receipts = list(made.report_many([machine("1"), machine("2")]))
        assert statuses(receipts) == [("a", "spooled"), ("b", "delivered")] * 2
        assert sorted(owed(outbox)) == [("a", "1", 0), ("a", "2", 0)]

    def test_what_is_always_kept_is_safe_before_the_others_also_when_the_outbox_is_busy(self, desk, outbox):
        outbox.probe()
        other = sqlite3.connect(outbox.path, isolation_level=None, check_same_thread=False)

        class Busy(Outbox):
            def put(self, *arguments, **options):
                other.execute("BEGIN IMMEDIATE")
                threading.Timer(0.1, other.execute, ["ROLLBACK"]).start()
                return super().put(*arguments, **options)

        Switched.faults["b"] = lambda machine: seen.extend(owed(outbox))
        seen = []
        desk(route("a", spool="always", accepts_spooled=True), route("b"), outbox=Busy(outbox.path)).report(
            machine()
        )
        other.close()
        assert seen == [("a", "m", 0)]

    def test_always_is_no_success_where_it_must_be_delivered_and_says_what_to_write(self, desk):
        with pytest.raises(DeliveryFailed) as failed:
            desk(route(spool="always")).report(machine())
        assert [str(error) for error in failed.value.exceptions] == [
            "p/m is only in the outbox for a; if that is enough, set 'required: spooled'"
        ]

    @pytest.mark.parametrize("option", [{"spool": "always"}, {"required": "spooled"}])
    def test_what_needs_an_outbox_is_refused_without_one(self, option):
        with pytest.raises(DefinitionError, match="configure one with 'outbox'"):
            Desk([{"null": {}, **option}])

    def test_many_machines_are_spooled_each_before_its_receipt_is_given(self, desk, outbox):
        Switched.faults["a"] = TransientReporterError("down")
        for number, receipt in enumerate(desk().report_many(machine(str(n)) for n in range(5)), start=1):
            assert str(receipt.status) == "spooled"
            assert len(owed(outbox)) == number

    def test_an_outbox_may_be_given_as_a_path_also_for_one_report(self, tmp_path):
        Switched.faults["a"] = TransientReporterError("down")
        with pytest.raises(DeliveryFailed):
            report(machine(), [route()], retry=ONCE, outbox=tmp_path / "owed.db")
        with Outbox(tmp_path / "owed.db") as outbox:
            assert owed(outbox) == [("a", "m", 0)]

    def test_what_is_spooled_survives_a_kill_right_after_report_returned(self, tmp_path):
        program = """
import os, signal
from newsdesk import BaseReporter, Desk, Machine, Retry, TransientReporterError
class Down(BaseReporter):
    def report(self, machine):
        raise TransientReporterError("down")
desk = Desk([Down()], outbox="owed.db", retry=Retry(attempts=1))
list(desk.report_many([Machine(name="m", project_name="p", metadata={"n": 0})]))
os.kill(os.getpid(), signal.SIGKILL)
"""
        assert subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False).returncode == -9
        with Outbox(tmp_path / "owed.db") as outbox:
            assert [name for _, name, _ in owed(outbox)] == ["m"]


class TestNotKept:
    def test_a_machine_that_is_neither_delivered_nor_kept_is_named_with_both_reasons(self, desk, tmp_path):
        Switched.faults["a"] = TransientReporterError("down")
        with (
            Outbox(tmp_path / "small.db", Bounds(max_bytes=1)) as small,
            pytest.raises(DeliveryFailed) as failed,
        ):
            desk(route(accepts_spooled=True), outbox=small).report(machine())
        [receipt] = failed.value.receipts
        assert str(receipt.status) == "failed"
        assert str(receipt.error).startswith(
            "p/m could be neither delivered to a nor kept: down; p/m could not be kept for a: the record needs"
        )
        assert [type(error) for error in receipt.error.exceptions] == [TransientReporterError, OutboxError]
        assert receipt.fails_report

    def test_an_outbox_that_is_damaged_harms_no_delivery_that_goes_well(self, desk, outbox, caplog):
        outbox.path.parent.mkdir()
        outbox.path.write_bytes(b"x" * 8192)
        with caplog.at_level(logging.WARNING):
            assert statuses(desk().report(machine())) == [("a", "delivered")]
        assert [message.partition(": the outbox")[0] for message in caplog.messages] == [
            "an older revision that is owed may replace what is delivered of p/m now, since the outbox "
            "cannot be used",
            "what is owed to a could not be sent along",
        ]

    def test_a_delivery_is_one_also_when_the_outbox_cannot_be_told(self, desk, outbox, caplog, monkeypatch):
        def fails(*_, **__):
            raise OutboxError("the disk is gone")

        monkeypatch.setattr(Outbox, "settle", fails)
        with caplog.at_level(logging.WARNING):
            assert statuses(desk(drain=0).report(machine())) == [("a", "delivered")]
        assert caplog.messages == [
            "p/m is at a, but an older revision that is owed may replace it: the disk is gone"
        ]
        assert Switched.kept["a"] == [("m", 0)]


class TestDraining:
    def fill(self, desk, *names, label="a"):
        Switched.faults[label] = TransientReporterError("down")
        list(desk(route(label, required=False)).report_many(map(machine, names)))
        del Switched.faults[label]

    def test_a_delivery_that_went_well_takes_some_owed_ones_along(self, desk, outbox):
        self.fill(desk, *"12345")
        assert statuses(desk(drain=3).report(machine("new"))) == [("a", "delivered")]
        assert Switched.kept["a"] == [("new", 0), ("1", 0), ("2", 0), ("3", 0)]
        assert [name for _, name, _ in owed(outbox)] == ["4", "5"]

    def test_one_at_a_time_is_enough_to_get_on(self, desk, outbox):
        self.fill(desk, *"12")
        made = desk(drain=1)
        for left in (["2"], []):
            made.report(machine("new", len(left)))
            assert [name for _, name, _ in owed(outbox)] == left

    def test_it_can_be_switched_off(self, desk, outbox):
        self.fill(desk, "1")
        desk(drain=0).report(machine("new"))
        assert [name for _, name, _ in owed(outbox)] == ["1"]

    def test_only_reporters_that_took_the_machine_get_some(self, desk, outbox):
        self.fill(desk, "1")
        self.fill(desk, "1", label="b")
        Switched.faults["a"] = TransientReporterError("down")
        desk(route("a", required=False), route("b")).report(machine("new"))
        assert sorted(owed(outbox)) == [("a", "1", 0), ("a", "new", 0)]

    def test_it_is_bounded_and_what_hangs_counts_and_waits_for_a_minute(self, desk, outbox):
        self.fill(desk, "slow")
        release = threading.Event()
        Switched.faults["a"] = lambda machine: release.wait(30) if machine.name == "slow" else None
        made = desk(deadline=0.5)
        assert statuses(made.report(machine("new"))) == [("a", "delivered")]
        [entry] = outbox.entries(State.OWED)
        assert (entry.key.name, entry.attempts) == ("slow", 1)
        assert statuses(made.report(machine("newer"))) == [("a", "delivered")]
        [entry] = outbox.entries(State.OWED)
        assert (entry.key.name, entry.attempts) == ("slow", 1)
        assert outbox.claim(["a"], lease=60, due_by=time.time() + 50) == []
        assert outbox.claim(["a"], lease=60, due_by=time.time() + 70) != []
        release.set()

    def test_many_that_hang_cost_a_stream_the_time_of_three(self, desk, outbox):
        self.fill(desk, *"12345678")
        release = threading.Event()
        Switched.faults["a"] = lambda machine: None if machine.name == "new" else release.wait(30)
        made = desk(deadline=0.3)
        for revision in range(8):
            assert statuses(made.report(machine("new", revision))) == [("a", "delivered")]
        assert sum(entry.attempts for entry in outbox.entries(State.OWED)) == 3
        release.set()

    def test_receipts_of_the_owed_are_logged_and_told_but_not_returned(self, desk, registry, caplog):
        self.fill(desk, "1")
        told = []
        registry.tell = lambda receipt, within: told.append(receipt)
        with caplog.at_level(logging.INFO, "newsdesk"):
            [receipt] = desk(registry=registry).report(machine("new"))
        assert receipt.machine.name == "new"
        assert [(r.machine.name, str(r.status)) for r in told] == [("new", "delivered"), ("1", "delivered")]
        assert any(message.startswith("p/1 at a: delivered, 1 attempts") for message in caplog.messages)

    def test_an_owed_one_that_fails_does_not_fail_the_report(self, desk, outbox):
        self.fill(desk, "bad")

        def refuse(machine):
            if machine.name == "bad":
                raise PermanentReporterError("refused")

        Switched.faults["a"] = refuse
        assert statuses(desk().report(machine("new"))) == [("a", "delivered")]
        [entry] = outbox.entries(State.DEAD)
        assert (entry.key.name, entry.error) == ("bad", "PermanentReporterError: refused")


class TestSending:
    def test_a_desk_without_an_outbox_says_so(self):
        with Desk("null") as made, pytest.raises(DefinitionError) as told:
            next(made.send_owed())
        assert str(told.value) == "this desk has no outbox; give it one with 'outbox'"

    @pytest.mark.parametrize("labels", [["a", "b"], "b"])
    def test_a_label_that_the_desk_does_not_have_is_refused(self, desk, outbox, labels):
        outbox.put("b", machine())
        with pytest.raises(
            DefinitionError, match=r"^the desk has no reporter with the label 'b'; labels: a$"
        ):
            desk().send_owed(labels=labels)
        with pytest.raises(
            DefinitionError, match=r"^the desk has no reporter with the label 'b'; labels: a$"
        ):
            desk().holds("b", [])

    def test_one_label_needs_no_list(self, desk, outbox):
        outbox.put("alone", machine())
        assert statuses(desk(route("alone")).send_owed(labels="alone")) == [("alone", "delivered")]

    def test_only_labels_that_the_desk_has_are_sent(self, desk, outbox):
        outbox.put("a", machine("1"))
        outbox.put("gone", machine("2"))
        assert statuses(desk().send_owed()) == [("a", "delivered")]
        assert owed(outbox) == [("gone", "2", 0)]

    def test_receipts_say_whether_the_reporter_is_required(self, desk, outbox):
        outbox.put("a", machine())
        outbox.put("a", machine("damaged"))
        outbox._database.write(lambda db: db.execute("UPDATE records SET record = x'7b' WHERE id = 2"))
        receipts = list(desk(route(required=False)).send_owed())
        assert [(str(r.status), r.required, r.fails_report) for r in receipts] == [
            ("delivered", False, False),
            ("failed", False, False),
        ]

    def test_a_deadline_bounds_all_of_it(self, desk, outbox):
        outbox.put("a", machine("slow"))
        outbox.put("a", machine("next"))
        release = threading.Event()
        Switched.faults["a"] = lambda _: release.wait(30)
        assert statuses(desk().send_owed(deadline=0.3)) == [("a", "spooled")]
        assert sorted(name for _, name, _ in owed(outbox)) == ["next", "slow"]
        release.set()


class TestNewestWins:
    def test_what_is_delivered_supersedes_what_was_owed(self, desk, outbox):
        outbox.put("a", machine(revision=0))
        desk().report(machine(revision=1))
        assert Switched.kept["a"] == [("m", 1)]
        assert list(outbox.entries()) == []

    @pytest.mark.parametrize("many", [False, True])
    def test_a_slow_delivery_of_an_older_revision_does_not_drop_a_newer_one_that_was_spooled_meanwhile(
        self, desk, outbox, many
    ):
        Switched.faults["a"] = lambda _: outbox.put("a", machine(revision=2))
        made = desk(drain=0)
        list(made.report_many([machine(revision=1)])) if many else made.report(machine(revision=1))
        assert owed(outbox) == [("a", "m", 2)]

    @pytest.mark.parametrize("many", [False, True])
    def test_when_a_sender_sends_an_older_one_at_the_same_time_the_newest_is_sent_once_more(
        self, desk, outbox, many
    ):
        outbox.put("a", machine(revision=0))

        def meanwhile(_):
            [older] = outbox.claim(["a"], lease=60)
            outbox.delivered(older)

        Switched.faults["a"] = meanwhile
        made = desk(drain=0)
        list(made.report_many([machine(revision=1)])) if many else made.report(machine(revision=1))
        assert owed(outbox) == [("a", "m", 1)]

    def test_a_failed_newer_one_supersedes_what_was_owed(self, desk, outbox):
        outbox.put("a", machine(revision=0))
        Switched.faults["a"] = TransientReporterError("down")
        list(desk().report_many([machine(revision=1)]))
        assert owed(outbox) == [("a", "m", 1)]


class TestSecrets:
    def test_the_outbox_holds_neither_parameters_nor_secrets(self, outbox, tmp_path, monkeypatch):
        planted = [f"planted-secret-{n}-0123456789" for n in range(4)]
        monkeypatch.setenv("PLANTED", planted[1])
        definitions = [{"files": {"path": str(tmp_path / "a-parameter-of-its-own")}, "spool": "always"}]
        reporters = [
            Route("literal", Switched("literal", password=planted[0])),
            Route("environment", Switched("environment", password="${env:PLANTED}")),
        ]

        for name, secret in (("literal", planted[0]), ("environment", planted[1])):
            told = f"cannot log in with {secret} at db://u:{planted[2]}@host/"
            Switched.faults[name] = TransientReporterError(told)
        record = Machine(
            name="m",
            metadata={"n": 0},
            runtime={"reporters": [{"postgres": {"host": "db", "password": planted[3]}}]},
        )
        with Desk(definitions, outbox=outbox) as made:
            list(made.report_many([record]))
        with Desk(reporters, outbox=outbox, retry=ONCE) as made:
            list(made.report_many([record]))
            list(made.send_owed())
            outbox.put("literal", record, error="kept so that the log is there")
            files = {path.name: path.read_bytes() for path in outbox.path.parent.iterdir()}
        assert {"owed.db", "owed.db-wal"} <= files.keys()
        assert any(b"cannot log in with ***" in content for content in files.values())
        for word in [*planted, "a-parameter-of-its-own"]:
            assert [name for name, content in files.items() if word.encode() in content] == []


@pytest.mark.parametrize("drain", ["3", -1, 2.5, float("nan"), True])
def test_a_number_to_send_along_is_a_whole_number(desk, drain):
    with pytest.raises(DefinitionError, match=r"^drain must be a whole number of at least 0, but is "):
        desk(drain=drain)


@pytest.mark.parametrize("options", [{"chunk_size": float("nan")}, {"chunk_size": "5"}, {"in_flight": 0}])
def test_sizes_of_a_stream_are_whole_numbers(desk, options):
    [name] = options
    with pytest.raises(DefinitionError, match=f"^{name} must be a whole number of at least 1, but is "):
        desk().report_many([machine()], **options)


@pytest.mark.parametrize(
    "bounds", [{"max_bytes": float("nan")}, {"max_age": float("nan")}, {"attempts": 0}, {"max_bytes": "5"}]
)
def test_bounds_of_an_outbox_are_numbers(bounds):
    [(name, value)] = bounds.items()
    told = f"the bounds of the outbox cannot be used\n  - {name}: must be a number above 0, but is {value!r}"
    with pytest.raises(DefinitionError, match=f"^{re.escape(told)}$"):
        Bounds(**bounds)


def test_a_closed_desk_has_closed_its_outbox(desk, outbox):
    made = desk()
    made.report(machine())
    made.close()
    assert sorted(path.name for path in outbox.path.parent.iterdir()) == ["owed.db", "owed.db-reserve"]


def test_receipts_of_the_owed_can_be_written_as_json(desk, outbox):
    outbox.put("a", machine())
    [receipt] = desk().send_owed()
    assert json.loads(json.dumps(receipt.to_dict()))["status"] == "delivered"
