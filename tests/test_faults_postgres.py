"""PostgreSQL has each record once and complete, whatever fails during the delivery."""

import contextlib
import itertools
import json
import os
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from newsdesk import (
    DeliveryError,
    Desk,
    Machine,
    PermanentReporterError,
    Retry,
    Status,
    TransientReporterError,
)
from newsdesk.delivery.route import Route
from newsdesk.testing import (
    BlackHole,
    Cut,
    Delay,
    FaultProxy,
    Job,
    Moment,
    Refuse,
    Reset,
    deliver_at_once,
    html_answer,
    http_answer,
    postgres_error,
)
from newsdesk_postgres import PostgresReporter

RECORD = json.loads((Path(__file__).parents[1] / "examples" / "machines" / "ae-4tags.json").read_bytes())
MACHINE = Machine.from_dict(RECORD)
REBUILT = Machine.from_dict({**RECORD, "metadata": {"rebuilt": True}})
NUMBERS = itertools.count()
SMALL = Machine.from_dict({"name": "small", "project_name": "faults", "model": {}, "dataset": {}})
AT_ONCE = Retry(attempts=4, initial=0.05, maximum=0.1)

BACKEND = "postgres_server"

PROCESSES = 16
MACHINES = 200


@pytest.fixture
def table():
    """The name of a table that does not exist."""
    return f"machine{next(NUMBERS)}"


@pytest.fixture
def through(proxy, postgres_server):
    """Return a function that builds a reporter behind the proxy, for a new table or a given one."""

    def make(table=None):
        return PostgresReporter(
            url=proxy.through(postgres_server.url), table=table or f"machine{next(NUMBERS)}"
        )

    return make


@pytest.fixture
def held(postgres_server):
    """Return the machines of a table by name, read with separate SQL."""

    def look(table):
        columns = "name, project_name, model, dataset, metadata, runtime, evaluation, extra"
        rows = postgres_server.query(f"SELECT {columns} FROM {table} ORDER BY name")
        return [
            Machine.from_dict({**extra, **dict(zip(columns.split(", ")[:-1], values, strict=True))})
            for *values, extra in rows
        ]

    return look


def as_dicts(machines):
    return [machine.to_dict() for machine in machines]


def small(name, project="faults"):
    return Machine.from_dict({"name": name, "project_name": project, "model": {}, "dataset": {}})


# Killed and reported again


@pytest.mark.usefixtures("children")
def test_a_report_that_was_killed_at_any_boundary_is_completed_by_the_next(every_kill, through, held):
    """The killed report creates the table too."""
    jobs = (Job(through(), MACHINE) for _ in itertools.count())
    for step in every_kill(jobs):
        table = step.job.reporter.table
        assert as_dicts(held(table)) in ([], [MACHINE.to_dict()]), (
            f"a part of it is there after a kill {step[0]}"
        )
        with step.job.reporter as reporter:
            assert reporter.report(MACHINE).reference
        assert as_dicts(held(table)) == [MACHINE.to_dict()], f"after a kill {step[0]}"


@pytest.mark.usefixtures("children")
def test_an_overwrite_that_was_killed_at_any_boundary_leaves_the_old_or_the_new(every_kill, through, held):
    def jobs():
        for _ in itertools.count():
            with through() as reporter:
                reporter.report(MACHINE)
            yield Job(reporter, REBUILT)

    old, new = [MACHINE.to_dict()], [REBUILT.to_dict()]
    for step in every_kill(jobs()):
        table = step.job.reporter.table
        assert as_dicts(held(table)) in (old, new), f"after a kill {step[0]}"
        with step.job.reporter as reporter:
            reporter.report(REBUILT)
        assert as_dicts(held(table)) == new, f"after a kill {step[0]}"


# Connection reset and retried


@pytest.mark.parametrize("moment", Moment)
def test_a_desk_delivers_although_a_connection_is_cut_at_any_request(every_cut, through, held, moment):
    """Of two reports: the first one opens the reporter and creates the table, the second uses them."""
    for cut in every_cut(moment):
        reporter = through()
        with Desk(reporter, retry=AT_ONCE, deadline=60) as desk:
            receipts = [*desk.report(MACHINE), *desk.report(SMALL)]
        told = f"cut {moment} {cut}"
        assert as_dicts(held(reporter.table)) == as_dicts([MACHINE, SMALL]), told
        assert sum(receipt.attempts for receipt in receipts) <= 2 + len(cut), told


def test_a_desk_delivers_although_nobody_listens_at_first(proxy, through, held):
    reporter = through()
    proxy.fail(Reset(), times=2)
    with Desk(reporter, retry=AT_ONCE) as desk:
        (receipt,) = desk.report(MACHINE)
    assert (receipt.status, receipt.attempts) == (Status.DELIVERED, 3)
    assert as_dicts(held(reporter.table)) == [MACHINE.to_dict()]


# Concurrent reports


@pytest.mark.usefixtures("children")
def test_eight_processes_that_report_the_same_machine_make_one_row(through, held):
    """The table does not exist, so all of them try to create it."""
    reporter = through()
    receipts = deliver_at_once(reporter, [[MACHINE]] * 8)
    assert sorted(receipt["status"] for receipt in receipts) == ["delivered"] + ["unchanged"] * 7
    assert as_dicts(held(reporter.table)) == [MACHINE.to_dict()]


@pytest.mark.usefixtures("children")
def test_of_two_hundred_machines_from_sixteen_processes_none_is_lost(through, postgres_server, figure):
    """Each machine is reported by two processes, which start at opposite ends."""
    reporter = through()
    machines = [small(f"machine-{number:03}") for number in range(MACHINES)]
    shares = [machines[number::PROCESSES] for number in range(PROCESSES)]
    shares = [share + after[::-1] for share, after in zip(shares, shares[1:] + shares[:1], strict=True)]
    receipts = deliver_at_once(reporter, shares)
    figure("deliveries", len(receipts))
    assert (
        sorted(receipt["status"] for receipt in receipts)
        == ["delivered"] * MACHINES + ["unchanged"] * MACHINES
    )
    assert {receipt["attempts"] for receipt in receipts} == {1}, "no deadlock, and nobody was turned away"
    rows = postgres_server.query(f"SELECT name, revision FROM {reporter.table} ORDER BY name")
    assert rows == [(machine.name, machine.revision) for machine in machines]


# Server restarts


@pytest.fixture
def restart(postgres_server, proxy):
    """Return a function that restarts the server behind the same address."""

    def end_and_start(_label=""):
        postgres_server.restart()
        proxy.upstream = FaultProxy.to(postgres_server.url).upstream

    return end_and_start


def test_a_server_that_was_restarted_between_two_reports_has_both(restart, through, held):
    reporter = through()
    first, second = small("first"), small("second")
    with Desk(reporter, retry=AT_ONCE) as desk:
        desk.report(first)
        restart()
        desk.report(second)
        (again,) = desk.report(first)
    assert again.status is Status.UNCHANGED
    assert as_dicts(held(reporter.table)) == as_dicts([first, second])


@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.AFTER])
def test_a_server_that_is_restarted_in_the_middle_of_a_report_has_the_record(
    proxy, restart, through, held, moment
):
    reporter = through()
    first, second = small("first"), small("second")
    with Desk(reporter, retry=AT_ONCE) as desk:
        desk.report(first)
        proxy.recount()
        desk.report(first)
        cut_at = []
        proxy.fail(
            Cut(proxy.counts.requests, moment, lambda label: (cut_at.append(label), restart())), times=1
        )
        (receipt,) = desk.report(second)
    assert [label.split()[0] for label in cut_at] == ["INSERT"]
    assert receipt.status is (Status.UNCHANGED if moment is Moment.AFTER else Status.DELIVERED)
    assert as_dicts(held(reporter.table)) == as_dicts([first, second])


def test_a_server_that_crashes_in_the_middle_of_a_report_has_the_record(proxy, postgres_server, held, table):
    """One of its processes is killed, and PostgreSQL restarts all of them."""
    # The server of these tests is not durable by default, but each connection can enable it.
    url = proxy.through(postgres_server.url) + "?options=-csynchronous_commit%3Don"
    first, second = small("first"), small("second")

    def crash(_label):
        ((pid,),) = postgres_server.query(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'newsdesk'"
        )
        os.kill(pid, signal.SIGKILL)

    with Desk(
        PostgresReporter(url=url, table=table), retry=Retry(attempts=50, initial=0.2, maximum=1)
    ) as desk:
        desk.report(first)
        proxy.recount()
        desk.report(first)
        proxy.fail(Cut(proxy.counts.requests, Moment.BEFORE, crash), times=1)
        (receipt,) = desk.report(second)
    assert receipt.status is Status.DELIVERED
    assert as_dicts(held(table)) == as_dicts([first, second])


# Sessions that cannot be used any longer


@pytest.fixture
def node(postgres_server):
    """The name of a database whose sessions can be made read-only, as those of a standby are."""
    name = f"node{next(NUMBERS)}"
    postgres_server.query(f"CREATE DATABASE {name}")
    return name


@pytest.mark.parametrize("count", [1, 3])
def test_a_session_of_a_demoted_primary_is_left_when_its_address_leads_to_a_primary(
    proxy, postgres_server, node, count
):
    """Also where several threads have made several sessions."""
    url = proxy.through(postgres_server.url.rpartition("/")[0] + f"/{node}")
    read_only = f"ALTER DATABASE {node} SET default_transaction_read_only = on"
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{node}'"
    with PostgresReporter(url=url) as reporter:
        reporter.report(small("a"))
        postgres_server.query(read_only)
        postgres_server.query(end)
        with contextlib.ExitStack() as several:
            for _ in range(count):
                several.enter_context(reporter._connection("holding a session"))
        with pytest.raises(TransientReporterError, match=r"25006.*connect to the primary"):
            reporter.report(small("b"))
        postgres_server.query(f"ALTER DATABASE {node} RESET default_transaction_read_only")
        assert reporter.report(small("b")).reference
        assert [delivery.unchanged for delivery in reporter.report_many([small("b"), small("c")])] == [
            True,
            False,
        ]


@pytest.mark.parametrize("state", ["25006", "25P02", "57P01", "57P05", "08006", "53200", "XX000"])
def test_after_an_error_of_the_session_the_next_attempt_has_a_new_one(proxy, through, state):
    with through() as reporter:
        proxy.fail(Delay(0), times=1)
        proxy.fail(postgres_error(state, "no"), times=1)
        with pytest.raises(DeliveryError):
            reporter.report(MACHINE)
        before = proxy.counts.connections
        assert reporter.report(MACHINE).reference
        assert proxy.counts.connections == before + 1


@pytest.mark.parametrize("state", ["22P02", "23505", "40001", "42501", "55P03", "57014"])
def test_after_an_error_of_the_statement_the_session_is_used_again(proxy, through, state):
    with through() as reporter:
        proxy.fail(Delay(0), times=1)
        proxy.fail(postgres_error(state, "no"), times=1)
        with pytest.raises(DeliveryError):
            reporter.report(MACHINE)
        before = proxy.counts.connections
        assert reporter.report(MACHINE).reference
        assert proxy.counts.connections == before


def test_of_several_servers_the_one_that_answers_is_used_and_the_reference_names_all(postgres_server, table):
    at = urlsplit(postgres_server.url)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    servers = f"127.0.0.1:{closed},127.0.0.1:{at.port}"
    url = f"postgresql://{at.username}:{at.password}@{servers}/postgres?target_session_attrs=read-write"
    with Desk(PostgresReporter(url=url, table=table)) as desk:
        (receipt,) = desk.report(SMALL)
    assert receipt.reference == f"postgresql://{servers}/postgres/{table}?project_name=faults&name=small"


# Error responses

FATAL = {
    "53300": ("sorry, too many clients already", TransientReporterError),
    "57P03": ("the database system is starting up", TransientReporterError),
    "57P01": ("terminating connection due to administrator command", TransientReporterError),
    "28P01": ('password authentication failed for user "postgres"', PermanentReporterError),
    "3D000": ('database "x" does not exist', PermanentReporterError),
}


@pytest.mark.parametrize("state", FATAL)
def test_a_refusal_to_connect_is_worth_another_try_only_where_it_may_pass(proxy, postgres_server, state):
    message, kind = FATAL[state]
    proxy.fail(postgres_error(state, message, severity="FATAL"))
    reporter = PostgresReporter(url=proxy.through(postgres_server.url), sslmode="disable")
    with pytest.raises(kind, match=message):
        reporter.report(MACHINE)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("40001", TransientReporterError),
        ("40P01", TransientReporterError),
        ("53100", TransientReporterError),
        ("57014", TransientReporterError),
        ("22P02", PermanentReporterError),
        ("42501", PermanentReporterError),
        ("54000", PermanentReporterError),
    ],
)
def test_a_refusal_of_a_record_is_worth_another_try_only_where_it_may_pass(proxy, through, state, kind):
    with through() as reporter:
        proxy.fail(Delay(0), times=1)  # the connection is tested before reuse
        proxy.fail(postgres_error(state, "no"), times=1)
        with pytest.raises(kind, match=f"no .SQLSTATE {state}.") as caught:
            reporter.report(MACHINE)
        assert f"writing the machine {str(MACHINE.key)!r}" in str(caught.value)
        assert reporter.report(MACHINE).reference


@pytest.mark.parametrize(
    "answer", [*map(http_answer, (429, 500, 502, 503)), html_answer()], ids=lambda a: a.label
)
@pytest.mark.parametrize("sslmode", [None, "disable"])
def test_somebody_who_is_no_postgres_will_never_take_it(proxy, postgres_server, answer, sslmode):
    """A PostgreSQL that is down does not answer in HTTP, so the address is wrong."""
    proxy.fail(answer)
    reporter = PostgresReporter(url=proxy.through(postgres_server.url), sslmode=sslmode)
    with pytest.raises(PermanentReporterError, match="received"):
        reporter.report(MACHINE)


# No answer


@pytest.mark.parametrize("fault", [BlackHole(), Refuse()], ids=["black hole", "refused"])
def test_what_cannot_be_delivered_in_time_is_kept_and_sent_when_the_server_is_back(
    proxy, through, held, tmp_path, fault
):
    reporter = through()
    proxy.fail(fault)
    routes = [Route("postgres", reporter, required=False), "null"]
    with Desk(routes, deadline=2, outbox=tmp_path / "outbox.db") as desk:
        began = time.monotonic()
        kept, taken = desk.report(MACHINE)
        assert time.monotonic() - began < 30
        assert (kept.status, taken.status) == (Status.SPOOLED, Status.DELIVERED)
        assert held(reporter.table) == []
        proxy.clear()
        assert [receipt.status for receipt in desk.send_owed(deadline=60)] == [Status.DELIVERED]
        assert list(desk.send_owed(deadline=60)) == []
    assert as_dicts(held(reporter.table)) == [MACHINE.to_dict()]
