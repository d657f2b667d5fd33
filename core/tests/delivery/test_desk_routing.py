"""A desk whose reporters get a part of the machines, and of each a part."""

import logging
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest
from newsdesk import BaseReporter, DeliveryFailed, Desk, Machine, Retry, Status, TransientReporterError
from newsdesk.delivery.route import Route
from newsdesk.outbox import Outbox, State
from newsdesk.routing.condition import Condition
from newsdesk.routing.redaction import MARK, Redaction
from newsdesk.testing import FailingReporter, MemoryReporter

SECRET = "hunter2-correct-horse"
PATH = "dataset.data_provider.password"


def machine(name="pump-7", project="north-1", revision=0):
    provider = {"password": SECRET, "host": "db"}
    return Machine(
        name=name, project_name=project, dataset={"data_provider": provider}, metadata={"n": revision}
    )


def blind(reporter, label="blind", when=None, **options):
    """Give a reporter that does not see the password."""
    condition = None if when is None else Condition.of(when)
    return Route(label, reporter, redact=Redaction.of(["**.password"]), when=condition, **options)


class Quoting(BaseReporter):
    """Fails with all that it got in its error, and in that error's cause; tells its source, too."""

    def report(self, machine):
        try:
            raise ValueError(machine.to_json(), machine.source, vars(machine))
        except ValueError as error:
            logging.getLogger("newsdesk.quoting").debug("got %r", error)
            raise TransientReporterError(f"refused {machine.to_dict()} of {machine.source!r}") from error


def bytes_of(folder):
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def test_each_reporter_gets_its_own_form_and_the_receipt_lists_what_it_did_not_see():
    seeing, reporter = MemoryReporter(), MemoryReporter()
    with Desk([Route("seeing", seeing), blind(reporter)]) as desk:
        whole, part = desk.report(machine())
        again = desk.report(machine())[1]
    assert seeing.kept[machine().key] == machine()
    kept = reporter.kept[machine().key]
    assert kept.dataset["data_provider"] == {"password": MARK, "host": "db"}
    assert whole.revision == part.revision == kept.revision == machine().revision
    assert kept.model_key == machine().model_key
    assert whole.alterations == ()
    assert [(each.path, each.kind) for each in part.alterations] == [(PATH, "redacted")]
    assert (again.status, again.alterations) == (Status.UNCHANGED, part.alterations)


def test_the_options_are_given_as_in_a_config(tmp_path):
    entry = {"files": {"path": str(tmp_path)}, "redact": [PATH], "when": {"project_name": "north-*"}}
    with Desk([entry]) as desk:
        statuses = [receipt.status for receipt in desk.report_many([machine(), machine(project="south-1")])]
        [copied] = pickle.loads(pickle.dumps(desk)).routes
    assert statuses == [Status.DELIVERED, Status.SKIPPED]
    assert copied.redact == desk.routes[0].redact
    assert copied.when == desk.routes[0].when
    assert SECRET.encode() not in bytes_of(tmp_path)


@pytest.mark.parametrize("pool", [None, ThreadPoolExecutor, "processes"])
def test_a_machine_that_is_not_for_a_reporter_is_skipped_there_and_that_is_a_success(pool, tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="newsdesk")
    fleet = [machine(f"m{n}", "north" if n % 2 else "south") for n in range(6)]
    entry = {"files": {"path": str(tmp_path)}, "label": "north", "when": {"project_name": "north"}}
    made = ProcessPoolExecutor(1, get_context("spawn")) if pool == "processes" else pool and pool(1)
    with Desk([entry, "null"]) as desk:
        receipts = list(desk.report_many(fleet, made, chunk_size=4))
    if made:
        made.shutdown()
    north, null = receipts[::2], receipts[1::2]
    assert [receipt.machine.name for receipt in north] == [each.name for each in fleet]
    assert [str(receipt.status) for receipt in north] == ["skipped", "delivered"] * 3
    assert [str(receipt.status) for receipt in null] == ["delivered"] * 6
    assert all(receipt.settled and not receipt.fails_report for receipt in receipts)
    skipped = north[0]
    assert (skipped.attempts, skipped.required, skipped.revision) == (0, True, fleet[0].revision)
    assert str(skipped.error) == "it is not for this reporter, which takes machines with project_name: north"
    assert sorted(file.stem for file in tmp_path.rglob("*.json")) == ["m1", "m3", "m5"]
    assert "south/m0 at north: skipped" in caplog.text


def test_machines_that_go_nowhere_are_warned_of(caplog):
    route = blind(MemoryReporter(), when={"project_name": "north"})
    with Desk([route]) as desk:
        receipts = list(desk.report_many([machine(f"m{n}", "south") for n in range(3)]))
    assert [receipt.status for receipt in receipts] == [Status.SKIPPED] * 3
    [warning] = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert warning == (
        "3 machines were sent nowhere, such as south/m0: each reporter's 'when' leaves them out"
    )


def test_one_machine_that_goes_nowhere_is_told_as_one(caplog):
    with Desk([blind(MemoryReporter(), when={"project_name": "north"})]) as desk:
        list(desk.report_many([machine("m", "south")]))
    [warning] = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert warning == "1 machine was sent nowhere, such as south/m: each reporter's 'when' leaves it out"


def test_an_interrupt_among_the_receipts_of_what_is_skipped_keeps_the_machine_for_the_others(
    tmp_path, monkeypatch, caplog
):
    """Ctrl-C in the first skipped receipt, before the second has one."""
    caplog.set_level(logging.INFO, logger="newsdesk")
    log, told = logging.getLogger("newsdesk.delivery.pipeline"), []

    class Interrupting(logging.Handler):
        def emit(self, record):
            if hasattr(record, "receipt"):
                told.append((record.receipt.reporter, str(record.receipt.status)))
                if len(told) == 1:
                    raise KeyboardInterrupt

    monkeypatch.setattr(log, "handlers", [Interrupting()])
    routes = [blind(MemoryReporter(), label, when={"name": "x"}) for label in ("a", "b")]
    with Outbox(tmp_path / "owed.db") as outbox, Desk([*routes, "null"], outbox=outbox) as desk:
        with pytest.raises(KeyboardInterrupt):
            list(desk.report_many([machine()]))
        assert [(entry.label, entry.key) for entry in outbox.entries()] == [("null", machine().key)]
    assert told == [("a", "skipped"), ("b", "skipped"), ("null", "spooled")]
    assert "stopped with 1 machine that was taken and not acknowledged" in caplog.text


def test_a_path_that_seems_misspelled_is_warned_of_once(caplog):
    redact = Redaction.of(["dataset.data_provider.pasword", "dataset.no.such", "**.pasword", PATH])
    with Desk([Route("r", MemoryReporter(), redact=redact)]) as desk:
        list(desk.report_many([machine(), machine("b")]))
    assert [record.message for record in caplog.records] == [
        "r: redact 'dataset.data_provider.pasword' is not in north-1/pump-7 (did you mean 'password'?)"
    ]


def test_what_is_always_spooled_and_not_for_the_reporter_is_not_kept(tmp_path):
    with Outbox(tmp_path / "owed.db") as outbox:
        route = blind(MemoryReporter(), when={"name": "a"}, spool="always", accepts_spooled=True)
        with Desk([route], outbox=outbox) as desk:
            statuses = [str(receipt.status) for receipt in desk.report_many([machine("a"), machine("b")])]
            assert [entry.key.name for entry in outbox.entries()] == ["a"]
    assert statuses == ["spooled", "skipped"]


def test_tickets_are_taken_for_what_is_sent_alone(tmp_path):
    begun = []

    class Counting(Outbox):
        def begin(self, labels, keys, **options):
            begun.append((sorted(labels), [key.name for key in keys]))
            return super().begin(labels, keys, **options)

    routes = [blind(MemoryReporter(), "a", when={"name": "a"}), blind(MemoryReporter(), "b")]
    with Counting(tmp_path / "owed.db") as outbox, Desk(routes, outbox=outbox) as desk:
        assert all(r.settled for r in desk.report_many([machine("a"), machine("b"), machine("c")]))
    assert begun == [(["a", "b"], ["a"]), (["b"], ["b", "c"])]


@pytest.mark.parametrize("place", ["owed.db", "folder"])
def test_the_outbox_holds_the_redacted_form_and_sends_it_without_the_config(place, tmp_path, caplog):
    caplog.set_level(logging.DEBUG, logger="newsdesk")
    at = tmp_path / "box" / place
    where = at if place == "owed.db" else f"file://{at}"
    with Desk([blind(Quoting())], outbox=where, retry=Retry(attempts=2, initial=0)) as desk:
        with pytest.raises(DeliveryFailed) as failure:
            desk.report(machine())
        [receipt] = failure.value.receipts
    assert receipt.status is Status.SPOOLED
    assert receipt.revision == machine().revision
    assert [each.path for each in receipt.alterations] == [PATH]
    assert SECRET.encode() not in bytes_of(tmp_path / "box")
    reporter = MemoryReporter()
    with Desk([Route("blind", reporter)], outbox=where) as desk:  # without `redact`
        [sent] = desk.send_owed()
    assert sent.status is Status.DELIVERED
    assert sent.revision == machine().revision
    assert [each.path for each in sent.alterations] == [PATH]
    assert reporter.kept[machine().key].dataset["data_provider"] == {"password": MARK, "host": "db"}
    assert SECRET not in caplog.text
    assert SECRET not in repr(receipt.to_dict())


def test_what_was_owed_before_it_was_redacted_is_redacted_when_it_is_sent_and_replaced_when_it_is_reported(
    tmp_path,
):
    with Outbox(tmp_path / "owed.db") as outbox:
        with Desk([Route("blind", FailingReporter(), spool="always")], outbox=outbox) as desk:
            list(desk.report_many([machine("a"), machine("b")]))
        with Desk([blind(FailingReporter(), spool="always")], outbox=outbox) as desk:
            list(desk.report_many([machine("b")]))
        entries = [*outbox.entries(State.OWED)]
        assert [entry.key.name for entry in entries] == ["a", "b"]
        assert SECRET.encode() not in outbox.load(entries[1]).to_json()
        reporter = MemoryReporter()
        with Desk([blind(reporter)], outbox=outbox) as desk:
            sent = list(desk.send_owed())
    assert [receipt.status for receipt in sent] == [Status.DELIVERED] * 2
    assert [receipt.revision for receipt in sent] == [machine("a").revision, machine("b").revision]
    assert all(SECRET.encode() not in kept.to_json() for kept in reporter.kept.values())


@pytest.mark.parametrize("place", ["owed.db", "folder"])
@pytest.mark.parametrize(
    ("first", "second"),
    [(["dataset.a"], ["dataset.b"]), (["dataset.a"], None), (None, ["dataset.a"])],
    ids=["others", "none", "more"],
)
def test_the_outbox_keeps_the_newest_form_of_a_revision_also_when_it_is_as_long_as_the_older(
    place, first, second, tmp_path
):
    def of_secret(length):
        return Machine(name="m", dataset={"a": "s" * length, "b": "t" * length})

    def form(own, paths):
        return own if paths is None else Redaction.of(paths).apply(own)

    # As long as the whole record is its redacted form where what replaces the value is as long as that is.
    length = len(MARK)
    if None in (first, second):
        length += len(form(of_secret(length), ["dataset.a"]).to_json()) - len(of_secret(length).to_json())
    own = of_secret(length)
    assert len(form(own, first).to_json()) == len(form(own, second).to_json())
    where = str(tmp_path / place) if place == "owed.db" else f"file://{tmp_path / place}"
    for paths in (first, second):
        redact = None if paths is None else Redaction.of(paths)
        with Desk([Route("r", MemoryReporter(), redact=redact, spool="always")], outbox=where) as desk:
            list(desk.report_many([own]))
    reporter = MemoryReporter()
    with Desk([Route("r", reporter)], outbox=where) as desk:
        [sent] = desk.send_owed()
    assert sent.status is Status.DELIVERED
    assert reporter.kept[own.key].to_json() == form(own, second).to_json()


@pytest.mark.parametrize("when", [{"project_name": "north-2"}, {"dataset.data_provider.host": "other"}])
def test_what_was_owed_before_its_reporter_left_it_out_is_skipped_when_it_is_sent(when, tmp_path):
    reporter = MemoryReporter()
    with Outbox(tmp_path / "owed.db") as outbox:
        with Desk([Route("r", reporter, spool="always")], outbox=outbox) as desk:
            list(desk.report_many([machine("a"), machine("b")]))
        with Desk([Route("r", reporter, when=Condition.of({**when, "name": "*"}))], outbox=outbox) as desk:
            sent = list(desk.send_owed())
        assert list(outbox.entries()) == []
    assert [(receipt.machine.name, str(receipt.status)) for receipt in sent] == [
        ("a", "skipped"),
        ("b", "skipped"),
    ]
    assert "it is not for this reporter, which takes machines with" in str(sent[0].error)
    assert reporter.kept == {}


def test_what_is_owed_is_not_left_out_by_a_value_that_is_redacted_in_it(tmp_path):
    route = blind(MemoryReporter(), when={PATH: SECRET}, spool="always")
    with Desk([route], outbox=tmp_path / "owed.db") as desk:
        list(desk.report_many([machine()]))
        sent = list(desk.send_owed())
    assert [receipt.status for receipt in sent] == [Status.DELIVERED]


def test_nothing_of_the_original_goes_to_workers_where_every_reporter_is_redacted():
    given = []

    class Noting(ThreadPoolExecutor):
        def submit(self, call, *arguments):
            given.append(pickle.dumps(arguments))
            return super().submit(call, *arguments)

    with Noting(1) as pool, Desk([blind(MemoryReporter(), "a"), blind(MemoryReporter(), "b")]) as desk:
        receipts = list(desk.report_many([machine()], pool))
    assert [receipt.status for receipt in receipts] == [Status.DELIVERED] * 2
    assert {receipt.revision for receipt in receipts} == {machine().revision}
    assert SECRET.encode() not in given[0]
    assert given[0].count(b'"host":"db"') == 1  # both reporters' form is sent once


def test_a_bulk_delivery_and_a_copy_of_the_original_see_no_secret(caplog):
    caplog.set_level(logging.DEBUG)
    with Desk([blind(Quoting())], retry=Retry(attempts=1)) as desk:
        receipts = list(desk.report_many([machine("a"), machine("b")]))
    assert all(receipt.status is Status.FAILED for receipt in receipts)
    shown = [repr((receipt, receipt.error, receipt.error.__cause__)) for receipt in receipts]
    assert SECRET not in "".join(shown)
    assert SECRET not in caplog.text
    assert "got" in caplog.text
