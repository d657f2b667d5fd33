"""Many machines at a time: the same as one by one, in fewer statements."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import Delivery, Desk, Machine, MachineKey
from newsdesk.testing import FaultProxy
from newsdesk_postgres import PermanentPostgresError, PostgresReporter
from newsdesk_postgres.row.batches import MAX_BYTES, MAX_ROWS, batches, columns
from newsdesk_postgres.row.machine_row import row_of

from .conftest import ORIGINAL_TABLE


def machines(count, *, project="p", value=0):
    return [
        Machine(name=f"m{number}", project_name=project, metadata={"value": value}) for number in range(count)
    ]


def test_many_are_stored_and_answered_in_their_order(reporter, database):
    answers = list(reporter.report_many(machines(120)))
    assert [answer.reference.partition("project_name=p&")[2] for answer in answers] == [
        f"name=m{n}" for n in range(120)
    ]
    assert not any(answer.unchanged for answer in answers)
    assert database.scalar("SELECT count(*) FROM machine") == 120
    assert reporter.fetch("m7") == machines(8)[7]


@pytest.mark.parametrize(("count", "inserts"), [(1, 1), (40, 1), (MAX_ROWS, 1), (MAX_ROWS + 1, 2)])
def test_many_machines_are_one_statement(reporter, database, count, inserts):
    reporter.open()  # which makes the table
    with FaultProxy.to(database.url) as proxy:
        place = {**database.place, "host": proxy.host, "port": proxy.port, "sslmode": "disable"}
        with PostgresReporter(**place) as opened:
            assert all(isinstance(answer, Delivery) for answer in opened.report_many(machines(count)))
        labels = [label.split()[0] for label in proxy.counts.labels]
    assert labels.count("INSERT") == inserts
    assert database.scalar("SELECT count(*) FROM machine") == count


def test_a_desk_reports_many_machines_in_one_statement(reporter, database):
    reporter.open()
    with FaultProxy.to(database.url) as proxy:
        place = {**database.place, "host": proxy.host, "port": proxy.port, "sslmode": "disable"}
        with Desk({"postgres": place}) as desk:
            assert all(receipt.ok for receipt in desk.report_many(machines(40)))
        labels = [label.split()[0] for label in proxy.counts.labels]
    assert labels.count("INSERT") == 1


def test_those_that_are_there_already_are_not_written_again(reporter, database):
    list(reporter.report_many(machines(10)))
    before = dict(database.query("SELECT name, xmin::text FROM machine"))
    changed = [*machines(5), *machines(10, value=1)[5:]]
    assert [answer.unchanged for answer in reporter.report_many(changed)] == [True] * 5 + [False] * 5
    after = dict(database.query("SELECT name, xmin::text FROM machine"))
    assert {name for name in after if after[name] == before[name]} == {f"m{number}" for number in range(5)}


def test_of_a_machine_that_occurs_twice_the_last_is_kept(reporter):
    first, last = Machine(name="m", metadata={"v": 1}), Machine(name="m", metadata={"v": 2})
    answers = list(reporter.report_many([first, *machines(3), last, last]))
    assert [answer.unchanged for answer in answers] == [False] * 5 + [True]
    assert reporter.fetch("m") == last


def test_one_that_is_refused_fails_alone(reporter, database):
    reporter.open()
    database.query("ALTER TABLE machine ADD CHECK (name <> 'bad')")
    bad = Machine(name="bad", project_name="p")
    answers = list(reporter.report_many([*machines(3), bad, *machines(6)[3:]]))
    assert isinstance(answers[3], PermanentPostgresError)
    assert "p/bad" in str(answers[3])
    assert all(isinstance(answer, Delivery) for answer in answers[:3] + answers[4:])
    assert database.scalar("SELECT count(*) FROM machine") == 6


def test_overlapping_batches_in_different_orders_do_not_deadlock(database):
    failures = []

    def report(order):
        with PostgresReporter(**database.place) as reporter:
            for value in range(6):
                batch = machines(60, value=value)[::order]
                failures.extend(a for a in reporter.report_many(batch) if not isinstance(a, Delivery))

    threads = [threading.Thread(target=report, args=(order,)) for order in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    assert database.scalar("SELECT count(*) FROM machine") == 60


def test_rows_of_an_older_table_are_adopted_by_many_as_well(database):
    database.query(ORIGINAL_TABLE)
    database.query("INSERT INTO machine VALUES ('m1', '{}', '{}', '{}')")
    with PostgresReporter(**database.place) as reporter:
        list(reporter.report_many(machines(3)))
    rows = database.query("SELECT project_name, name FROM machine ORDER BY 2")
    assert rows == [("p", "m0"), ("p", "m1"), ("p", "m2")]


def test_it_tells_which_machines_it_holds(reporter):
    hostile = Machine(name="nul\x00", project_name="\ud800")
    list(reporter.report_many([*machines(3), hostile]))
    keys = [machine.key for machine in [*machines(5), hostile]]
    assert reporter.holds(keys) == {*(machine.key for machine in machines(3)), hostile.key}
    assert reporter.holds([]) == set()
    assert reporter.holds([MachineKey("q", "m0")]) == set()


@pytest.mark.parametrize("count", [0, 1, MAX_ROWS, MAX_ROWS + 1])
def test_no_row_is_lost_or_moved_by_batching(count):
    rows = list(map(row_of, machines(count)))
    assert [row for batch in batches(rows) for row in batch] == rows


@given(st.lists(st.integers(1, 3 * MAX_BYTES), max_size=12))
def test_a_batch_keeps_to_its_bytes_unless_it_is_one_large_row(sizes):
    rows = [
        row_of(Machine(name=f"m{n}", metadata={"x": "x" * (size // 100)})) for n, size in enumerate(sizes)
    ]
    for batch in batches(rows):
        assert len(batch) == 1 or sum(row.size for row in batch) <= MAX_BYTES


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers()), min_size=1, max_size=9))
def test_no_batch_has_a_key_twice_and_their_order_stays(pairs):
    rows = [row_of(Machine(name=name, metadata={"v": value})) for name, value in pairs]
    made = list(batches(rows))
    assert [row for batch in made for row in batch] == rows
    for batch in made:
        assert len({row.key for row in batch}) == len(batch)


def test_a_statement_has_its_rows_sorted_by_key():
    rows = [row_of(Machine(name=name, metadata={"of": name})) for name in "cab"]
    given_columns = columns(rows)
    assert given_columns["name"] == ["a", "b", "c"]
    assert given_columns["metadata"] == ['{"of":"a"}', '{"of":"b"}', '{"of":"c"}']
