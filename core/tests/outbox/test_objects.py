"""What holds for an outbox in an object store alone: its requests, its clock, its budget, its leftovers."""

import json
import os
import pickle
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner
from newsdesk import BaseReporter, Config, DefinitionError, DeliveryFailed, Machine, TransientReporterError
from newsdesk.cli import main
from newsdesk.contract.answer import Answer
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.delivery.route import Route
from newsdesk.outbox import Bounds, DamagedError, OutboxError, State, Ticket
from newsdesk.outbox.objects import names
from newsdesk.outbox.objects.machines import GRACE
from newsdesk.outbox.objects.outbox import ObjectOutbox
from newsdesk.outbox.places import outbox_at
from newsdesk.outbox.sender import Sender

from core.tests.outbox.memory import MemoryOutbox, MemoryStore

LONG = 600.0


def machine(name="m", revision=0):
    return Machine(name=name, project_name="p", metadata={"n": revision})


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def outbox(store):
    made = MemoryOutbox(store)
    made._check()
    store.requests.clear()
    return made


class Down(BaseReporter):
    """A backend that is down."""

    def report(self, machine):
        raise TransientReporterError("down")


class TestRequests:
    """What docs/delivery.md says that each thing costs."""

    def spent(self, store):
        counts = Counter(kind for kind, _ in store.requests)
        store.requests.clear()
        return dict(counts)

    @pytest.mark.parametrize("is_known", [False, True])
    def test_a_report_that_is_delivered(self, outbox, store, is_known):
        if is_known:
            outbox.settle(machine(), outbox.begin(["a"], [machine().key], lease=LONG)[0]["a"])
            store.requests.clear()
        [tickets] = outbox.begin(["a"], [machine().key], lease=LONG)
        assert outbox.settle(machine(), tickets["a"])
        assert self.spent(store) == {"get": 1, "put": 2}

    def test_a_report_that_is_kept(self, outbox, store):
        [tickets] = outbox.begin(["a"], [machine().key], lease=LONG)
        outbox.put("a", machine(), ticket=tickets["a"])
        assert self.spent(store) == {"get": 1, "put": 3}

    def test_an_entry_that_is_sent(self, outbox, store):
        for number in range(10):
            outbox.put("a", machine(str(number)))
        store.requests.clear()
        sent = Sender(outbox, delivered, deadline=60).send(["a"], until=float("inf"))
        assert len(list(sent)) == 10
        # Two listings of two folders, whatever their length up to a page.
        assert self.spent(store) == {"list": 4, "get": 20, "put": 20, "delete": 10}

    def test_a_listing_costs_what_is_owed_and_not_what_there_was(self, outbox, store):
        for number in range(50):
            [tickets] = outbox.begin(["a"], [machine(str(number)).key], lease=LONG)
            outbox.settle(machine(str(number)), tickets["a"])
        outbox.put("a", machine("owed"))
        store.requests.clear()
        assert outbox.counts() == {("a", State.OWED): 1}
        assert self.spent(store) == {"list": 3, "get": 1}

    def test_looking_for_something_to_send_along(self, outbox, store):
        assert outbox.claim(["a"], lease=LONG, due_by=time.time()) == []
        assert self.spent(store) == {"list": 1}

    def test_what_is_not_due_is_not_read_to_find_that_out(self, outbox, store):
        for number in range(50):
            outbox.put("a", machine(str(number)))
        for entry in outbox.claim(["a"], lease=LONG, limit=50):
            outbox.release(entry, error="down", pause=LONG)
        store.requests.clear()
        assert outbox.claim(["a"], lease=LONG, due_by=time.time()) == []
        assert self.spent(store) == {"list": 1}


def delivered(label, machine, until):
    return Answer(Receipt(machine.key, machine.revision, label, Status.DELIVERED))


def test_reports_of_one_machine_that_begin_at_once_have_numbers_of_their_own(store):
    outboxes = [MemoryOutbox(store) for _ in range(8)]

    def begin(outbox):
        return [outbox.begin(["a"], [machine().key], lease=LONG)[0]["a"].number for _ in range(5)]

    with ThreadPoolExecutor(8) as threads:
        numbers = [number for some in threads.map(begin, outboxes) for number in some]
    assert sorted(numbers) == list(range(1, 41))


def test_a_chunk_begins_with_a_ticket_for_each_though_a_machine_repeats(outbox):
    keys = [machine(str(number % 5)).key for number in range(10)]
    begun = outbox.begin(["a", "b"], keys, lease=LONG)
    assert [tickets["a"].key for tickets in begun] == keys
    assert [tickets["b"].number for tickets in begun] == [1] * 5 + [2] * 5


@pytest.mark.parametrize("condition", ["create", "replace"])
def test_a_store_without_conditional_writes_is_refused_by_a_real_write(condition):
    class Careless(MemoryStore):
        pass

    setattr(Careless, condition, lambda self, path, content, *_: self._write(path, content))
    outbox = MemoryOutbox(Careless())
    for use in (outbox.probe, lambda: outbox.put("a", machine()), lambda: outbox.claim(["a"], lease=LONG)):
        with pytest.raises(OutboxError, match="s3://memory has no conditional writes: two writers could"):
            use()


def test_what_a_store_was_found_to_do_is_remembered_there(store):
    MemoryOutbox(store).put("a", machine())
    store.requests.clear()
    MemoryOutbox(store).put("a", machine("n"))
    assert ("get", names.CHECKED) in store.requests
    assert not any(path.startswith("probe/") for _, path in store.requests)


class TestLeftovers:
    """Of a writer that was killed between its record and the state."""

    @pytest.fixture
    def orphan(self, outbox, store):
        path = names.record_of(State.OWED, "a", machine().key, names.new_id(), 0)
        store.put(path, machine().to_json())
        return path

    @pytest.mark.parametrize("use", ["claim", "prune"])
    @pytest.mark.parametrize("is_known", [False, True])
    def test_a_record_that_nobody_refers_to_is_not_sent_and_goes_after_a_while(
        self, outbox, orphan, monkeypatch, use, is_known
    ):
        store = outbox.memory
        if is_known:
            outbox.begin(["a"], [machine().key], lease=LONG)
        act = {"claim": lambda: outbox.claim(["a"], lease=LONG), "prune": outbox.prune}[use]
        assert not act()
        assert outbox.counts() == {}
        assert orphan in store.objects
        now = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: now() + GRACE + 1)
        assert not act()
        assert orphan not in store.objects

    def test_one_whose_writer_was_very_slow_is_written_again(self, outbox, store, monkeypatch):
        now, passed = time.monotonic, [0.0]
        monkeypatch.setattr(time, "monotonic", lambda: now() + passed[0])
        monkeypatch.setattr("newsdesk.outbox.objects.outbox.BUDGET", 10 * GRACE)
        create = store.create

        def slowly(path, content):
            passed[0] += GRACE + 1
            assert MemoryOutbox(store).claim(["a"], lease=LONG) == []
            return create(path, content)

        monkeypatch.setattr(store, "create", slowly)
        outbox.put("a", machine(), within=10 * GRACE)
        [entry] = outbox.entries()
        assert outbox.load(entry) == machine()


def test_a_state_that_is_damaged_or_newer_is_named(outbox, store):
    outbox.put("a", machine())
    path = names.state_of("a", machine().key)
    for content, said in ((b"{", "is damaged: "), (b'{"format": 9}', "was written by a newer newsdesk")):
        store.put(path, content)
        with pytest.raises(OutboxError, match=f"{path} {said}"):
            outbox.put("a", machine(revision=1))


def test_a_record_that_was_changed_or_is_gone_is_damaged_and_stops_no_other(outbox, store):
    for name in "xyz":
        outbox.put("a", machine(name))
    x, y, _ = outbox.entries()
    store.put(x.record, b"{}")
    store.delete(y.record)
    for entry in (x, y):
        with pytest.raises(DamagedError):
            outbox.load(entry)
    sent = Sender(outbox, delivered, deadline=60).send(["a"], until=float("inf"))
    assert {receipt.machine.name for receipt in sent if receipt.ok} == {"z"}


def test_many_are_counted_by_their_names_with_labels_of_any_kind(outbox, monkeypatch):
    monkeypatch.setattr("newsdesk.outbox.objects.reading.EXACT", 0)
    for label in ("a", "Grüße/..", ""):
        for name in "xy":
            outbox.put(label, machine(name))
    outbox.bury(outbox.claim(["a"], lease=LONG)[0], error="refused")
    assert outbox.counts() == {
        ("", State.OWED): 2,
        ("Grüße/..", State.OWED): 2,
        ("a", State.DEAD): 1,
        ("a", State.OWED): 1,
    }
    sizes = {(entry.label, entry.state): entry.size for entry in outbox.entries()}
    for group, total in outbox.totals().items():
        assert total.size == total.entries * sizes[group]
        assert total.oldest == pytest.approx(time.time(), abs=60)


def test_a_sender_that_meets_another_leaves_the_order(store):
    """Else each would read what all others have claimed."""
    outboxes = [MemoryOutbox(store) for _ in range(4)]
    for number in range(200):
        outboxes[0].put("a", machine(f"{number:03d}"))
    store.requests.clear()
    sent = []

    def send(outbox):
        def deliver(label, machine, until):
            sent.append(machine.name)
            time.sleep(0.001)
            return delivered(label, machine, until)

        list(Sender(outbox, deliver, deadline=60).send(["a"], until=float("inf")))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(send, outboxes))
    assert len(sent) == len(set(sent)) == 200


class TestBudget:
    """A store that is down costs a report its own small budget, and the receipt says what became of it."""

    @pytest.fixture
    def s3(self, s3):
        yield s3
        s3.resume()

    @pytest.fixture(autouse=True)
    def budget(self, monkeypatch):
        monkeypatch.setattr("newsdesk.outbox.objects.outbox.BUDGET", 1.0)

    def failure(self, url, options):
        config = Config(outbox=ObjectOutbox(url, options), deadline=1.0)
        with config.desk([Down()]) as desk, pytest.raises(DeliveryFailed) as caught:
            desk.report(machine())
        [receipt] = caught.value.receipts
        return str(receipt.error)

    def test_one_that_does_not_answer(self, s3):
        url = s3.bucket()
        s3.pause()
        assert "p/m could be neither delivered to Down nor kept: down; p/m could not be kept" in (
            self.failure(url, s3.options())
        )

    def test_one_that_refuses_connections(self, s3):
        assert "connection failed; check the endpoint" in self.failure("s3://bucket", s3.options(port=9))

    def test_one_that_does_not_answer_costs_many_machines_little_more_than_one(self, s3, monkeypatch):
        url = s3.bucket()
        s3.pause()
        outbox, asked = ObjectOutbox(url, s3.options()), []
        monkeypatch.setattr("newsdesk.outbox.objects.outbox.BUDGET", 5.0)
        change = outbox._machines.change
        monkeypatch.setattr(
            outbox._machines,
            "change",
            lambda *args, within, **o: asked.append(within) or change(*args, within=within, **o),
        )
        with pytest.raises(OutboxError):
            outbox.begin(["a"], [machine(str(number)).key for number in range(50)], lease=LONG, within=1.0)
        for number in range(2):
            with pytest.raises(OutboxError):
                outbox.end(Ticket(1, 1, "a", machine(str(number)).key))
        assert max(asked[:-2]) <= 1.0, "all of them have one budget"
        assert asked[-2:] == [1.0, 1.0], "it is known to be down"

    @pytest.mark.parametrize(("status", "said"), [(503, "it answers 503"), (403, "it answers 403")])
    def test_one_that_answers_with_an_error(self, s3, status, said):
        class Broken(BaseHTTPRequestHandler):
            def answer(self):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_PUT = do_HEAD = do_DELETE = answer

            def log_message(self, *_):
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Broken) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            assert said in self.failure("s3://bucket", s3.options(server.server_port))
            server.shutdown()


def test_what_a_desk_could_not_deliver_is_sent_by_another_process(s3, tmp_path):
    url, options = s3.bucket() + "/out/box", s3.options()
    config = Config(outbox=ObjectOutbox(url, options), deadline=1.0)
    report = {"path": str(tmp_path / "reports")}
    with config.desk([Route("Down", Down(), accepts_spooled=True)]) as desk:
        [receipt] = desk.report(machine())
        assert receipt.status is Status.SPOOLED
    with pickle.loads(pickle.dumps(ObjectOutbox(url, options))) as other:
        assert other.counts() == {("Down", State.OWED): 1}
        with Config(outbox=other).desk([{"files": report, "label": "Down"}]) as desk:
            assert [receipt.status for receipt in desk.send_owed()] == [Status.DELIVERED]
        assert other.counts() == {}
        other.probe()


class TestPlaces:
    def test_a_url_is_an_object_store_and_a_path_a_file(self, tmp_path):
        config = Config.from_yaml(
            "outbox: {path: s3://bucket/x, options: {region: eu-west-1, secret_access_key: '${env:KEY}'}}"
        )
        assert isinstance(config.outbox, ObjectOutbox)
        assert config.outbox.options == {"region": "eu-west-1", "secret_access_key": "${env:KEY}"}
        assert config.outbox.place == "s3://bucket/x"
        assert isinstance(Config.from_yaml("outbox: az://container/x").outbox, ObjectOutbox)
        assert outbox_at(tmp_path / "owed.db", None, Bounds(attempts=3)).place == str(tmp_path / "owed.db")

    @pytest.mark.parametrize(
        ("outbox", "fault"),
        [
            ("ftp://x/y", "outbox.path: must be one of s3://BUCKET/PREFIX, az://BUCKET/PREFIX, gs://"),
            ("file://x/y", "gs://BUCKET/PREFIX, file:///FOLDER"),
            ("file:///x/../y", "must not have an empty part, '.' or '..'"),
            ("s3://a:b@c/d", "outbox.path: must not hold a login"),
            (
                "s3://a?region=x",
                "outbox.path: must not have a query or a fragment; set options of the store in",
            ),
            ("s3:/a/b", "outbox.path: must be one of s3://BUCKET/PREFIX"),
            ("{url: s3://a/b}", "outbox.url: unknown key (did you mean 'path'?); there are: path, options"),
            ("{path: x.db, options: {region: x}}", "outbox.options: are of an object store; a path has none"),
            ("{path: s3://x, options: {region: 5}}", "outbox.options"),
        ],
    )
    def test_a_wrong_one_is_refused(self, outbox, fault):
        with pytest.raises(DefinitionError) as caught:
            Config.from_yaml(f"outbox: {outbox}")
        [only] = caught.value.faults
        assert fault in str(only)

    @pytest.mark.stores
    def test_a_reference_that_points_to_nothing_is_named(self):
        pytest.importorskip("obstore")
        options = {"secret_access_key": "${env:NEWSDESK_NOT_SET}"}
        with pytest.raises(OutboxError, match=r"outbox.options.secret_access_key: .*NEWSDESK_NOT_SET"):
            ObjectOutbox("s3://bucket", options).counts()

    def test_without_obstore_the_error_says_what_to_install(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "obstore", None)
        with pytest.raises(OutboxError, match=r"pip install 'newsdesk\[objects\]'"):
            ObjectOutbox("s3://bucket").counts()


def test_the_commands_work_on_a_bucket_with_the_options_of_the_config(s3, tmp_path, monkeypatch):
    url, options = s3.bucket(), s3.options()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY", options["secret_access_key"])
    held = {**options, "secret_access_key": "${env:KEY}"}
    config = {"reporters": [{"files": {"path": "out"}}], "outbox": {"path": f"{url}/x", "options": held}}
    (tmp_path / "newsdesk.yaml").write_text(json.dumps(config))
    for place in ("x", "y"):
        with ObjectOutbox(f"{url}/{place}", options) as outbox:
            outbox.put("files", machine("good"))
            outbox.put("files", machine("bad"))
            [bad] = [each for each in outbox.claim(["files"], lease=LONG, limit=2) if each.key.name == "bad"]
            outbox.bury(bad, error="refused")
    run = CliRunner()
    for place in ([], ["--outbox", f"{url}/y"]):
        assert "files: 1 dead" in run.invoke(main, ["outbox", "status", *place]).output
        [line] = run.invoke(main, ["outbox", "list", "--state", "dead", "--json", *place]).output.splitlines()
        number = str(json.loads(line)["number"])
        assert run.invoke(main, ["outbox", "requeue", number, *place]).output == "1 owed again.\n"
        exported = run.invoke(main, ["outbox", "export", "--state", "owed", *place]).output
        assert json.loads(exported)["name"] == "bad"
        sent = run.invoke(main, ["outbox", "send", "--allow-owed", *place])
        assert sent.exit_code == 0, sent.output
        assert (tmp_path / "out" / "p" / "bad.json").exists()
        assert options["secret_access_key"] not in sent.output
    wrong = run.invoke(main, ["outbox", "status", "--outbox", "ftp://x"])
    assert (wrong.exit_code, "must be one of s3://BUCKET/PREFIX" in wrong.output) == (2, True)
    missing = run.invoke(main, ["outbox", "status", "--outbox", "none.db"])
    assert "File 'none.db' does not exist" in missing.output


def test_where_no_thread_can_be_begun_one_after_the_other_is_kept(outbox, threadless):
    machines = [machine(str(number)) for number in range(5)]
    begun = outbox.begin(["a"], [each.key for each in machines], lease=LONG)
    for each, tickets in zip(machines, begun, strict=True):
        outbox.put("a", each, ticket=tickets["a"])
    assert outbox.counts() == {("a", State.OWED): 5}


FORKS = """
import json, multiprocessing, sys
from newsdesk import Desk, Machine
from newsdesk.builtin.objects import ObjectsReporter

url, options, used = json.loads(sys.argv[1])

def report(name):
    with Desk(reporter, deadline=30) as desk:
        [receipt] = desk.report_many([Machine(name=name, project_name="p")])
    return str(receipt.error)

reporter = ObjectsReporter(url, options=options)
reporter.open()
if used:
    reporter.ping()
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(json.dumps(pool.map(report, "ab")))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("used", [False, True])
def test_a_forked_child_works_unless_its_parent_has_asked_a_store_and_then_it_says_so(s3, used):
    arguments = json.dumps([s3.bucket(), s3.options(), used])
    done = subprocess.run(
        [sys.executable, "-c", FORKS, arguments], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    if used:
        assert all("start the workers with 'forkserver' or 'spawn'" in error for error in said)
    else:
        assert said == ["None", "None"]
