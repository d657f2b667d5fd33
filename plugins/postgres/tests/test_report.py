"""Reporting and reading back, on a real server."""

import datetime as dt
import pickle
import socket
import threading

import newsdesk
import numpy as np
import pytest
from newsdesk import Machine
from newsdesk.testing import FaultProxy
from newsdesk_postgres import (
    AmbiguousMachine,
    MachineDoesNotExist,
    PostgresReporter,
    PostgresReporterException,
)

ROWS = "SELECT project_name, name FROM machine ORDER BY 1, 2"


def test_a_real_machine_is_stored_as_it_was_sent(reporter, database, real_machine):
    delivery = reporter.report(real_machine)
    assert delivery.alterations == ()
    assert not delivery.unchanged
    assert reporter.fetch(real_machine.name) == real_machine.redacted()
    row = database.query(
        "SELECT name, project_name, dataset, model, metadata, runtime, evaluation FROM machine"
    )[0]
    sent = real_machine.redacted().to_dict()
    assert row == tuple(
        sent[key] for key in ("name", "project_name", "dataset", "model", "metadata", "runtime", "evaluation")
    )


def test_the_reference_leads_to_the_row_and_names_no_user(reporter, database):
    delivery = reporter.report(Machine(name="m", project_name="p"))
    port = database.server.port
    assert (
        delivery.reference == f"postgresql://127.0.0.1:{port}/{database.name}/machine?project_name=p&name=m"
    )


def test_the_same_revision_leaves_the_row_alone(reporter, database, real_machine):
    reporter.report(real_machine)
    before = database.query("SELECT reported_at, xmin::text FROM machine")
    assert reporter.report(real_machine).unchanged
    assert database.query("SELECT reported_at, xmin::text FROM machine")[0][0] == before[0][0]


def test_another_revision_overwrites_the_row(reporter, database):
    reporter.report(Machine(name="m", metadata={"score": 1}))
    before = database.scalar("SELECT reported_at FROM machine")
    changed = Machine(name="m", metadata={"score": 2})
    assert not reporter.report(changed).unchanged
    assert database.query("SELECT metadata, revision, model_key FROM machine") == [
        ({"score": 2}, changed.revision, changed.model_key)
    ]
    assert database.scalar("SELECT reported_at FROM machine") > before
    assert reporter.fetch("m") == changed


def test_a_clean_record_after_a_spoilt_one_leaves_nothing_of_it(reporter, database):
    reporter.report(Machine(name="m", metadata={"a": "\0"}))
    reporter.report(Machine(name="m"))
    assert database.query("SELECT metadata, record FROM machine") == [({}, None)]


def test_two_projects_may_have_a_machine_of_one_name(reporter, database):
    reporter.report(Machine(name="m", project_name="p", metadata={"of": "p"}))
    reporter.report(Machine(name="m", project_name="q", metadata={"of": "q"}))
    assert database.query(ROWS) == [("p", "m"), ("q", "m")]
    assert reporter.fetch("m", "p").metadata == {"of": "p"}
    assert reporter.fetch("m", "q").metadata == {"of": "q"}


def test_two_reporters_with_different_databases_do_not_touch_each_other(make_database):
    one, other = make_database(), make_database()
    with PostgresReporter(**one.place) as first, PostgresReporter(**other.place) as second:
        first.report(Machine(name="first"))
        second.report(Machine(name="second"))
        first.report(Machine(name="third"))
    assert [row[1] for row in one.query(ROWS)] == ["first", "third"]
    assert [row[1] for row in other.query(ROWS)] == ["second"]


HOSTILE = {
    "nul": {"metadata": {"a\0b": ["x\0y", {"\0": "\0"}]}},
    "surrogates": {"metadata": {"\ud800": "a\udfffb"}},
    "the mark itself": {"metadata": {"␛0000": "␛"}},
    "backslashes": {"metadata": {"\\u0000": "\\\\u0000 \\ud800 \\"}},
    "not a number": {"metadata": {"a": [float("nan"), float("inf"), float("-inf"), np.float32("nan")]}},
    "numbers": {
        "metadata": {"a": [-0.0, 1e22, 1.5e300, 5e-324, 1.0, 2**64, -(2**200), 1e-7, 0.1 + 0.2, 10**400]}
    },
    "numpy": {"metadata": {"a": np.arange(3), "b": np.float32(0.1), "c": np.datetime64("2020-01-01")}},
    "dates": {"dataset": {"from": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}},
    "deep": {"model": {"a": __import__("functools").reduce(lambda inner, _: [inner], range(200), 1)}},
    "unknown keys": {"weight": 1, "\0": "\0"},
    "markup": {"metadata": {"%s": "%(a)s :b ' \" ; -- $1 {}"}},
    "a nul in its name": {"name": "m\0"},
    "a surrogate in its project": {"project_name": "\ud800"},
    "a long name": {"name": "".join(map(chr, range(0x4E00, 0x5E00)))},
    "a long project": {"project_name": "".join(map(chr, range(0x4E00, 0x5E00)))},
    "an astral name": {"name": "🏭 ' \" % :x"},
}


@pytest.mark.parametrize("record", HOSTILE.values(), ids=HOSTILE)
def test_whatever_a_record_holds_comes_back(reporter, record):
    machine = Machine.from_dict({"name": "m", "project_name": "p", **record})
    reporter.report(machine)
    assert reporter.report(machine).unchanged
    assert reporter.fetch(machine.name, machine.project_name) == machine


@pytest.mark.parametrize("case", ["nul", "surrogates", "the mark itself", "a nul in its name", "a long name"])
def test_what_was_changed_is_reported_again_when_nothing_was_written(reporter, case):
    machine = Machine.from_dict({"name": "m", **HOSTILE[case]})
    first, second = reporter.report(machine), reporter.report(machine)
    assert first.alterations == second.alterations != ()


def test_names_that_look_alike_once_encoded_are_two_machines(reporter, database):
    for name in ("a\0", "a␛0000", "a\\u0000"):
        reporter.report(Machine(name=name))
    assert database.scalar("SELECT count(*) FROM machine") == 3


def test_dashboards_ask_by_name_and_use_an_index(reporter, database):
    reporter.report(Machine(name="o'm", dataset={"resolution": "10T"}))
    assert database.scalar("SELECT dataset->>'resolution' FROM machine WHERE name = 'o''m'") == "10T"
    plan = database.query("SET enable_seqscan = off; EXPLAIN SELECT * FROM machine WHERE name = 'x'")
    assert "Index" in str(plan)


@pytest.mark.parametrize(
    "place", [{"table": "t"}, {"schema": "s"}, {"schema": "We ird%s:x", "table": 'ta"b%le:x 1'}]
)
def test_schema_and_table_can_be_chosen_freely(database, place):
    with PostgresReporter(**database.place, **place, create_schema="schema" in place) as reporter:
        reporter.report(Machine(name="m"))
        assert reporter.fetch("m") == Machine(name="m")
    found = database.query(
        "SELECT table_schema, table_name FROM information_schema.columns WHERE column_name='revision'"
    )
    assert found == [(place.get("schema", "public"), place.get("table", "machine"))]
    with PostgresReporter(**database.place, **place, create=False) as reporter:
        assert reporter.report(Machine(name="m")).unchanged


def test_a_url_does_as_well_as_its_parts(database):
    url = f"postgres://postgres:{database.server.password}@127.0.0.1:{database.server.port}/{database.name}"
    with PostgresReporter(url=url) as reporter:
        reporter.report(Machine(name="m"))
    assert database.query(ROWS) == [("", "m")]


def test_a_reference_in_a_parameter_is_resolved_when_it_opens(database, monkeypatch):
    monkeypatch.setenv("PG_PORT", str(database.server.port))
    monkeypatch.setenv("PG_PASSWORD", database.server.password)
    place = {**database.place, "port": "${env:PG_PORT}", "password": "${env:PG_PASSWORD}"}
    with PostgresReporter(**place) as reporter:
        assert not reporter.report(Machine(name="m")).unchanged


def test_a_closed_reporter_opens_again(reporter):
    reporter.report(Machine(name="m"))
    reporter.close()
    reporter.close()
    assert reporter.fetch("m") == Machine(name="m")


def test_many_are_reported_in_their_order(reporter, database):
    machines = [Machine(name=f"m{number}") for number in range(5)]
    assert [delivery.unchanged for delivery in reporter.report_many(machines + machines)] == [False] * 5 + [
        True
    ] * 5
    assert database.scalar("SELECT count(*) FROM machine") == 5


def test_one_reporter_serves_many_threads(database):
    faults = []

    def work(number):
        try:
            for index in range(10):
                reporter.report(Machine(name=f"m{index}", metadata={"by": number}))
        except Exception as error:  # noqa: BLE001  (a thread's error would be lost)
            faults.append(error)

    with PostgresReporter(**database.place) as reporter:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == []
    assert database.scalar("SELECT count(*) FROM machine") == 10


def test_a_plan_says_what_would_be_sent_without_a_server(real_machine):
    plan = PostgresReporter("nowhere.invalid").plan(Machine.from_dict({**real_machine.to_dict(), "x": "\0"}))
    assert (plan.requests, plan.items) == (1, {"rows": 1})
    assert [alteration.path for alteration in plan.alterations] == ["x"]
    assert plan.size > len(real_machine.to_json())


def test_building_a_reporter_connects_to_nothing():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        PostgresReporter("127.0.0.1", listener.getsockname()[1])
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_ping_asks_the_server(reporter):
    assert reporter.ping() is None


def test_a_machine_that_is_not_there_is_an_error(reporter):
    with pytest.raises(MachineDoesNotExist) as caught:
        reporter.fetch("m")
    assert str(caught.value) == "the machine 'm' does not exist; report it first, or correct the name"


def test_a_machine_of_another_project_is_an_error_that_names_it(reporter):
    reporter.report(Machine(name="m", project_name="q"))
    with pytest.raises(MachineDoesNotExist) as caught:
        reporter.fetch("m", "p")
    assert str(caught.value) == "the machine 'm' in the project 'p' does not exist; the name exists in 'q'"


def test_a_name_in_two_projects_asks_for_the_project(reporter):
    for project in ("p", "q"):
        reporter.report(Machine(name="m", project_name=project))
    with pytest.raises(AmbiguousMachine) as caught:
        reporter.fetch("m")
    assert str(caught.value) == "2 projects have a machine 'm': 'p', 'q'; give the project as well"


@pytest.mark.parametrize(
    "kind", [newsdesk.MachineDoesNotExist, PostgresReporterException, MachineDoesNotExist]
)
def test_a_machine_that_is_not_there_is_an_error_of_core_and_of_this_distribution(reporter, kind):
    with pytest.raises(kind):
        reporter.fetch("m")


@pytest.mark.parametrize("kind", [newsdesk.AmbiguousMachine, PostgresReporterException])
def test_an_ambiguous_name_is_an_error_of_core_and_of_this_distribution(reporter, kind):
    for project in ("p", "q"):
        reporter.report(Machine(name="m", project_name=project))
    with pytest.raises(kind) as caught:
        reporter.fetch("m")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (AmbiguousMachine, str(caught.value))


def test_a_row_holds_one_revision_and_another_one_does_not_exist(reporter):
    old, new = Machine(name="m", metadata={"a": 1}), Machine(name="m", metadata={"a": 2})
    reporter.report(old)
    reporter.report(new)
    assert reporter.fetch("m", revision=new.revision) == new
    with pytest.raises(newsdesk.MachineDoesNotExist, match="has no revision"):
        reporter.fetch("m", revision=old.revision)


def test_a_first_report_asks_for_the_table_tests_the_connection_and_writes_the_row(reporter, database):
    """A pod makes one, in a new process: besides the login, each request is a round trip."""
    reporter.report(Machine(name="before"))
    with FaultProxy.to(database.url) as proxy:
        place = {**database.place, "host": proxy.host, "port": proxy.port, "sslmode": "disable"}
        with PostgresReporter(**place) as opened:
            opened.report(Machine(name="m"))
        counts = proxy.counts
    requests = [" ".join(label.split()[:3]) for label in counts.labels]
    assert counts.connections == 1
    assert requests[-3:] == ["SELECT NULL::text IS", "SELECT 1", "INSERT INTO machine"]
    assert {*requests[:-3]} <= {"startup", "password"}
