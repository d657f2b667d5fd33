"""Connections that are lent, tested, closed and never mixed up, with a real server."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
from newsdesk_postgres.connection.pool import SIZE, Pool, run


@pytest.fixture
def made(database):
    """The connections that the pool made."""
    return []


@pytest.fixture
def pool(database, made):
    def connect():
        made.append(psycopg2.connect(database.url.replace("+psycopg2", ""), application_name="newsdesk"))
        return made[-1]

    pool = Pool(connect)
    yield pool
    pool.close()
    assert all(connection.closed for connection in made)


def used(pool):
    with pool.lend() as connection:
        assert run(connection, "SELECT 1") == [(1,)]
        return connection


def insert_and_fail(connection, statement):
    run(connection, "INSERT INTO t VALUES (1)")
    run(connection, statement)


def write_on_a_standby(connection):
    run(connection, "SET default_transaction_read_only = on")
    run(connection, "CREATE TABLE t (n int)")


def interrupt(connection):
    run(connection, "INSERT INTO t VALUES (1)")
    raise KeyboardInterrupt


def test_one_thread_uses_one_connection_and_each_statement_is_its_own_transaction(pool, made, database):
    with pool.lend() as connection:
        run(connection, "CREATE TABLE t (n int)")
        run(connection, "INSERT INTO t VALUES (%(n)s)", {"n": 7})
        assert database.query("SELECT n FROM t") == [(7,)]
    used(pool)
    assert len(made) == 1


def test_several_statements_are_one_transaction_that_all_see_or_none(pool, made, database):
    with pool.transaction() as connection:
        run(connection, "CREATE TABLE t (n int)")
        assert database.scalar("SELECT to_regclass('t')") is None
        assert run(connection, "SHOW transaction_isolation") == [("read committed",)]
    with pytest.raises(psycopg2.errors.DivisionByZero), pool.transaction() as connection:
        insert_and_fail(connection, "SELECT 1 / 0")
    assert database.query("SELECT n FROM t") == []
    with pool.lend() as connection:
        run(connection, "INSERT INTO t VALUES (2)")
    assert database.query("SELECT n FROM t") == [(2,)]
    assert len(made) == 1


def test_what_is_interrupted_in_a_transaction_is_undone(pool, database):
    database.query("CREATE TABLE t (n int)")
    with pytest.raises(KeyboardInterrupt), pool.transaction() as connection:
        interrupt(connection)
    used(pool)
    assert database.query("SELECT n FROM t") == []


def test_a_connection_left_in_a_transaction_is_not_lent_again(pool, made):
    with pool.lend() as connection:
        run(connection, "BEGIN")
    assert used(pool) is not connection
    assert connection.closed


def test_when_the_server_ended_one_idle_connection_the_others_are_not_tried(pool, made, database):
    gate = threading.Barrier(3)

    def hold():
        with pool.lend():
            gate.wait(60)

    def hold_three():
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(lambda _: hold(), range(3)))

    hold_three()
    assert len(made) == 3
    database.end_connections()
    used(pool)
    assert len(made) == 4
    hold_three()
    assert len(made) == 6


def test_an_error_of_the_statement_keeps_the_connection_and_one_of_the_session_closes_all(pool, made):
    used(pool)
    with pytest.raises(psycopg2.errors.DivisionByZero), pool.lend() as connection:
        run(connection, "SELECT 1 / 0")
    assert used(pool) is connection
    with (
        pytest.raises(psycopg2.errors.ReadOnlySqlTransaction),
        pool.lend() as other,
        pool.lend() as connection,
    ):
        write_on_a_standby(connection)
    assert connection.closed
    assert other.closed
    assert used(pool) not in (connection, other)


def test_a_connection_that_comes_back_after_the_close_is_closed(pool):
    with pool.lend() as connection:
        pool.close()
        assert not connection.closed
    assert connection.closed


def test_threads_share_the_connections_one_at_a_time(pool, made):
    lent, most, lock = set(), [], threading.Lock()

    def use(_):
        with pool.lend() as connection:
            with lock:
                assert id(connection) not in lent
                lent.add(id(connection))
                most.append(len(lent))
            run(connection, "SELECT pg_sleep(0.01)")
            with lock:
                lent.remove(id(connection))

    with ThreadPoolExecutor(3 * SIZE) as threads:
        list(threads.map(use, range(60)))
    assert max(most) <= SIZE
    assert len(made) <= SIZE


def test_a_connection_that_could_not_be_made_takes_no_place(made):
    def connect():
        raise psycopg2.OperationalError("down")

    pool = Pool(connect, timeout=1)
    for _ in range(2 * SIZE):
        with pytest.raises(psycopg2.OperationalError, match="down"), pool.lend():
            pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_what_a_child_drops_the_parent_still_uses(run_script, database):
    script = """
import os, sys, psycopg2
from newsdesk_postgres.connection.pool import Pool, run
pool = Pool(lambda: psycopg2.connect(sys.argv[1]))
with pool.lend() as connection:
    run(connection, "SELECT 1")
first = id(connection)
del connection
if (child := os.fork()) == 0:
    pool.abandon()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
with pool.lend() as connection:
    assert run(connection, "SELECT 1") == [(1,)]
    assert id(connection) == first
"""
    run_script(script, database.url.replace("+psycopg2", ""))
