"""Listing what the table holds, on a real server."""

import logging
import re
import tracemalloc
from pathlib import Path

import pytest
from newsdesk import Machine, MachineKey, StoredMachine
from newsdesk.testing import FaultProxy, Refuse
from newsdesk_postgres import PostgresReporter, TransientPostgresError
from newsdesk_postgres.connection.pool import SIZE
from newsdesk_postgres.table.machine_table import _PATHS as PATHS
from newsdesk_postgres.table.machine_table import PAGE
from newsdesk_postgres.table.statements import PAGE as PAGE_SQL

REAL = Path(__file__).parents[3] / "examples" / "machines" / "ae-4tags.json"
ROWS = 10_000
COPIES = """
INSERT INTO machine (name, project_name, dataset, model, metadata, revision, model_key, written_xid)
SELECT name || number, project_name, dataset, model, metadata, revision, model_key, txid_current()
FROM machine, generate_series(1, %s) AS number
"""
GORDO = "INSERT INTO machine (name, dataset, model, metadata) VALUES (%s, '{}', '{}', %s)"
COPY = """
CREATE TABLE copied AS SELECT * FROM machine;
DELETE FROM machine;
INSERT INTO machine SELECT * FROM copied;
"""


def with_scores(scores, **parts):
    metadata = {"build_metadata": {"model": {"cross_validation": {"scores": scores}}}}
    return Machine.from_dict({"name": "m", "project_name": "p", "metadata": metadata, **parts})


def same(scores):
    return {name: str(score + 0.0) for name, score in scores.items()}  # NaN equals itself, and -0.0 is 0.0


def listed(reporter):
    return {stored.key: stored for stored in reporter.machines()}


@pytest.fixture
def many(reporter, database):
    """A table of many copies of a real machine, and that machine."""
    reporter.report(Machine.from_json(REAL.read_bytes()))
    database.query(COPIES, ROWS)
    return database


def peak_of(call):
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


@pytest.mark.large
def test_ten_thousand_rows_take_the_memory_of_a_page_and_a_statement_for_each(many, reporter):
    next(reporter.machines())  # and imports what it needs
    page = peak_of(lambda: next(reporter.machines()))
    assert peak_of(lambda: [None for _ in reporter.machines()]) < 1.5 * page
    with FaultProxy.to(many.url) as proxy:
        place = {**many.place, "host": proxy.host, "port": proxy.port, "sslmode": "disable"}
        with PostgresReporter(**place) as opened:
            opened.ping()
            proxy.recount()
            names = {stored.key.name for stored in opened.machines()}
            labels = [" ".join(label.split()[:2]) for label in proxy.counts.labels]
    assert len(names) == ROWS + 1
    assert set(labels) == {"SELECT page.name,", "SELECT 1"}  # which tests a connection that was used before
    assert labels.count("SELECT page.name,") == ROWS // PAGE + 2  # one for the last machine, one for the end


@pytest.mark.large
def test_an_outage_amid_a_listing_is_an_error_and_not_its_end(many):
    with FaultProxy.to(many.url) as proxy:
        place = {**many.place, "host": proxy.host, "port": proxy.port, "sslmode": "disable"}
        with PostgresReporter(**place) as reporter:
            listing = reporter.machines()
            seen = [next(listing) for _ in range(PAGE + 1)]
            proxy.fail(Refuse())
            with pytest.raises(TransientPostgresError):
                seen.extend(listing)
            proxy.clear()
            assert len(seen) == 2 * PAGE
            assert len(listed(reporter)) == ROWS + 1


@pytest.mark.large
def test_listings_that_are_not_read_to_their_end_hold_no_connection(many, reporter):
    listings = [reporter.machines() for _ in range(SIZE + 1)]
    assert len({next(listing).key for listing in listings}) == 1
    states = (
        "SELECT DISTINCT state FROM pg_stat_activity WHERE application_name = 'newsdesk' AND datname = %s"
    )
    assert many.query(states, many.name) == [("idle",)]
    many.end_connections()
    assert sum(1 for _ in listings[0]) == ROWS


@pytest.mark.large
def test_a_page_is_found_by_the_index_and_not_by_reading_those_before(many):
    many.query("ANALYZE machine")
    asked = {"name": "ae-4tags5", "project_name": "", "rows": PAGE, **PATHS}
    with many.connect() as connection, connection.cursor() as cursor:
        cursor.execute("EXPLAIN ANALYZE " + PAGE_SQL.format(table="machine"), asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    connection.close()
    [read] = re.findall(r"Index Scan using machine_name_project_name_key .* rows=(\d+)\S* loops=1\)", plan)
    assert int(read) <= PAGE + 1
    assert "Seq Scan" not in plan


def test_a_machine_is_described_as_core_describes_its_record(reporter, real_machine):
    delivery = reporter.report(real_machine)
    [stored] = reporter.machines()
    assert stored.time is not None
    assert stored.created is not None
    assert stored == StoredMachine.of(real_machine.redacted(), time=stored.time, reference=delivery.reference)


SCORES = {
    "not a number": {"a": {"fold-mean": float("nan"), "fold-1": 1}, "b": {"fold-mean": float("-inf")}},
    "without a mean": {"a": {"fold-1": 1.0}, "b": {"fold-mean": None}, "c": {"fold-mean": "text"}},
    "numbers": {"a": 1, "b": -0.0, "c": 1e22, "d": 10**400, "e": True, "f": [1]},
    "of a tag": {"r2": {"fold-mean": 1}, "r2-TAG-1": {"fold-mean": 2}, "r2-TAG-2": {"fold-mean": 3}},
    "encoded": {"r2": {"fold-mean": 1}, "r2-TAG\0": {"fold-mean": 2}, "a\ud800␛": {"fold-mean": 3}},
    "none": {},
    "a list": [{"fold-mean": 1}],
    "a text": "fold-mean",
}


@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES)
def test_scores_of_any_kind_are_read_as_core_reads_them(reporter, scores):
    tags = ["TAG 1", {"name": "TAG\0"}]
    for number, dataset in enumerate([{}, {"tag_list": tags}, {"target_tag_list": tags}, {"tag_list": 5}]):
        reporter.report(with_scores(scores, name=f"m{number}", dataset=dataset))
    for stored in reporter.machines():
        wanted = StoredMachine.of(reporter.fetch(*reversed(stored.key)))
        assert (same(stored.scores), stored.revision) == (same(wanted.scores), wanted.revision)


METADATA = (
    "null",
    "[]",
    "5",
    '"text"',
    '{"build_metadata": [1]}',
    '{"build_metadata": {"model": "text"}}',
    '{"build_metadata": {"model": {"model_creation_date": {}, "cross_validation": {"scores": {"a": 1e5000}}}}}',
)


@pytest.mark.parametrize("metadata", METADATA)
def test_a_row_of_any_content_does_not_stop_a_listing(reporter, database, metadata):
    reporter.report(Machine(name="first"))
    database.query(
        GORDO.replace("machine (", "machine (project_name, ").replace("(%s", "('', %s"), "m", metadata
    )
    reporter.report(Machine(name="n"))
    found = listed(reporter)
    assert [key.name for key in found] == ["first", "m", "n"]
    assert not found[MachineKey("", "m")].scores


def test_a_row_that_gordo_wrote_is_listed_with_its_scores_and_without_a_revision(
    database, original_table, real_machine
):
    database.query(original_table)
    database.query(
        "INSERT INTO machine VALUES (%s, %s, %s, %s)",
        real_machine.name,
        *(real_machine.to_json(part).decode() for part in ("dataset", "model", "metadata")),
    )
    with PostgresReporter(**database.place) as reporter:
        [stored] = reporter.machines()
        assert stored.key == MachineKey("", real_machine.name)
        assert (stored.revision, stored.model_key, stored.time) == (None, None, None)
        wanted = StoredMachine.of(reporter.fetch(*reversed(stored.key)))
        assert (stored.scores, stored.created) == (wanted.scores, wanted.created)
        reporter.report(real_machine)
        [stored] = reporter.machines()
        assert (stored.key, stored.revision) == (real_machine.key, real_machine.redacted().revision)


@pytest.mark.parametrize("page", [1, 2, 3])
def test_rows_of_unknown_project_are_one_machine_across_pages(reporter, database, monkeypatch, page):
    monkeypatch.setattr("newsdesk_postgres.table.machine_table.PAGE", page)
    database.query("ALTER TABLE machine ALTER COLUMN project_name DROP NOT NULL")
    for name in ("a", "b", "b", "b", "c"):
        database.query(GORDO, name, "{}")
    reporter.report(Machine(name="b", project_name="p"))
    names = [(stored.key.name, stored.key.project_name) for stored in reporter.machines()]
    assert names == [("a", ""), ("b", ""), ("b", "p"), ("c", "")]


def test_a_row_that_fetch_would_not_find_is_left_out_with_a_warning(reporter, database, caplog):
    rows = {"": "p", "␛": "p", "x" * 1001: "p"}
    for name, project in rows.items():
        database.query("INSERT INTO machine (name, project_name) VALUES (%s, %s)", name, project)
    reporter.report(Machine(name="m", project_name="y" * 1001))
    with caplog.at_level(logging.WARNING, "newsdesk_postgres"):
        assert [*listed(reporter)] == [MachineKey("y" * 1001, "m")]
    assert [record.getMessage()[:11] for record in caplog.records] == [
        "the row (''",
        "the row ('x",
        "the row ('␛",
    ]


@pytest.mark.parametrize("vacuum", ["VACUUM (FREEZE) machine", "VACUUM FULL machine", "ANALYZE machine"])
def test_a_revision_is_kept_by_what_tidies_a_table(reporter, database, vacuum):
    machine = Machine(name="m")
    reporter.report(machine)
    reporter.report(Machine(name="n"))
    database.query(vacuum)
    assert [stored.revision for stored in reporter.machines()] == [
        machine.revision,
        Machine(name="n").revision,
    ]
    assert reporter.report(machine).unchanged


def test_in_a_restored_table_revisions_are_known_again_after_a_report(reporter, database):
    machine = Machine(name="m")
    reporter.report(machine)
    database.query(COPY)
    assert [stored.revision for stored in reporter.machines()] == [None]
    assert reporter.fetch("m") == machine
    assert [reporter.report(machine).unchanged for _ in range(2)] == [False, True]
    assert [stored.revision for stored in reporter.machines()] == [machine.revision]
