"""Many processes at one table, and reporters carried over a fork."""

import pytest

RACE = """
import os, sys
from newsdesk import Machine
from newsdesk_postgres import PostgresReporter
import newsdesk_postgres.connection.pool, newsdesk_postgres.table.machine_table, psycopg2

def report(url, number):
    with PostgresReporter(url=url) as reporter:
        for _ in range(2):
            reporter.report(Machine(name="one", project_name="p", metadata={"by": number}))

for url in sys.argv[1:]:
    ready, go = os.pipe()
    children = []
    for number in range(8):
        child = os.fork()
        if not child:
            os.close(go)
            os.read(ready, 1)  # ends when the parent closes the other side: all begin at once
            try:
                report(url, number)
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", flush=True)
                os._exit(1)
            os._exit(0)
        children.append(child)
    os.close(go)
    failed = sum(os.waitpid(child, 0)[1] != 0 for child in children)
    assert not failed, failed
"""


@pytest.mark.parametrize("older", [False, True], ids=["no table", "an older table"])
def test_eight_processes_may_begin_with_one_new_machine(make_database, run_script, original_table, older):
    databases = [make_database() for _ in range(3)]
    if older:
        for database in databases:
            database.query(original_table)
    assert run_script(RACE, *(database.url for database in databases)) == ""
    for database in databases:
        assert database.query("SELECT project_name, name FROM machine") == [("p", "one")]


FORK = """
import os, sys
from newsdesk import Machine
from newsdesk_postgres import PostgresReporter
reporter = PostgresReporter(url=sys.argv[1])
reporter.report(Machine(name="parent"))
child = os.fork()
if not child:
    how = sys.argv[2]
    if how == "uses it":
        reporter.report(Machine(name="child"))
    if how in ("uses it", "closes it"):
        reporter.close()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
reporter.report(Machine(name="parent again"))
reporter.close()
"""


@pytest.mark.parametrize("how", ["uses it", "closes it", "leaves it alone"])
def test_a_forked_child_does_not_break_its_parents_connection(database, run_script, how):
    run_script(FORK, database.url, how)
    names = [row[0] for row in database.query("SELECT name FROM machine ORDER BY name")]
    assert names == (["child", "parent", "parent again"] if how == "uses it" else ["parent", "parent again"])


PARENT = """
import os, sys
from newsdesk import Machine
from newsdesk_postgres import PostgresReporter
import psycopg2
reporter = PostgresReporter(url=sys.argv[1])
reporter.report(Machine(name="parent"))
count = psycopg2.connect(sys.argv[1].replace("+psycopg2", ""))
cursor = count.cursor()
def backends():
    cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'newsdesk' AND datname = current_database()")
    return cursor.fetchall()
before = backends()
child = os.fork()
if not child:
    reporter.report(Machine(name="child"))
    os._exit(0)
os.waitpid(child, 0)
reporter.report(Machine(name="parent again"))
count.rollback()
assert backends() == before, "the parent had to connect again"
"""


def test_the_parents_connection_outlives_a_child_that_reported(database, run_script):
    run_script(PARENT, database.url)
