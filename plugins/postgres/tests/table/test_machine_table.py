"""The table: made, upgraded, shared by many."""

import json

import pytest
from newsdesk import Machine, MachineKey
from newsdesk_postgres import (
    AmbiguousMachine,
    PermanentPostgresError,
    PostgresReporter,
    TransientPostgresError,
)

SCORES = """
SELECT scores.key, scores.value->>'fold-mean' FROM machine,
    jsonb_each(metadata->'build_metadata'->'model'->'cross_validation'->'scores') AS scores
WHERE name = %s ORDER BY 1
"""
INDEXES = "SELECT indexname FROM pg_indexes WHERE tablename = 'machine' ORDER BY 1"
COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = 'machine' ORDER BY ordinal_position"


def original_row(machine):
    return [
        machine.name,
        *(json.dumps(dict(getattr(machine, part))) for part in ("dataset", "model", "metadata")),
    ]


@pytest.fixture
def original(database, original_table, real_machine):
    """A table as the replaced project left it, with one real machine in it and another beside."""
    database.query(original_table)
    for row in (original_row(real_machine), ["other", "{}", "{}", "{}"]):
        database.query("INSERT INTO machine VALUES (%s, %s, %s, %s)", *row)
    return database


def test_an_older_table_is_upgraded_and_its_dashboards_are_answered_as_before(original, real_machine):
    resolution = "SELECT dataset->>'resolution' FROM machine WHERE name = %s"
    before = [original.query(sql, real_machine.name) for sql in (resolution, SCORES)]
    rows = original.query("SELECT name, dataset, model, metadata FROM machine ORDER BY name")
    with PostgresReporter(**original.place):
        pass
    assert [original.query(sql, real_machine.name) for sql in (resolution, SCORES)] == before
    assert before[0] != []
    assert original.query("SELECT name, dataset, model, metadata FROM machine ORDER BY name") == rows
    assert original.query("SELECT DISTINCT project_name, revision, reported_at::text FROM machine") == [
        (None, None, None)
    ]


def test_an_upgraded_table_keeps_its_indexes_and_is_unique_by_name_and_project(database, original_table):
    database.query(original_table)
    with PostgresReporter(**database.place) as reporter:
        for project in ("p", "q"):
            reporter.report(Machine(name="m", project_name=project))
    indexes = [row[0] for row in database.query(INDEXES)]
    assert indexes == [
        "machine_dataset",
        "machine_metadata",
        "machine_model",
        "machine_name_project_name_key",
    ]
    assert database.scalar("SELECT count(*) FROM machine") == 2


def test_a_unique_constraint_on_the_name_is_replaced_as_well(database):
    database.query(
        "CREATE TABLE machine (name varchar PRIMARY KEY, dataset jsonb, model jsonb, metadata jsonb)"
    )
    with PostgresReporter(**database.place) as reporter:
        for project in ("p", "q"):
            reporter.report(Machine(name="m", project_name=project))
    assert [row[0] for row in database.query(INDEXES)] == ["machine_name_project_name_key"]


def test_a_row_of_unknown_project_becomes_the_first_that_reports_its_machine(original, real_machine):
    with PostgresReporter(**original.place) as reporter:
        reporter.report(real_machine)
        assert original.query("SELECT name, project_name FROM machine ORDER BY 1") == sorted(
            [("other", None), (real_machine.name, real_machine.project_name)]
        )
        reporter.report(Machine(name=real_machine.name, project_name="second"))
        assert original.scalar("SELECT count(*) FROM machine") == 3
        assert reporter.report(real_machine).unchanged


def test_a_row_of_unknown_project_is_left_alone_where_the_project_has_its_own(original):
    with PostgresReporter(**original.place) as reporter:
        reporter.report(Machine(name="other", project_name="p"))
    original.query("INSERT INTO machine (name, dataset, model, metadata) VALUES ('other', '{}', '{}', '{}')")
    with PostgresReporter(**original.place) as reporter:
        reporter.report(Machine(name="other", project_name="p", metadata={"new": 1}))
    assert original.query("SELECT project_name FROM machine WHERE name = 'other' ORDER BY 1") == [
        ("p",),
        (None,),
    ]


def test_a_machine_of_unknown_project_is_read_back(original, real_machine):
    with PostgresReporter(**original.place) as reporter:
        found = reporter.fetch(real_machine.name)
    assert (found.dataset, found.model) == (real_machine.dataset, real_machine.model)
    assert found.metadata == real_machine.metadata
    assert found.project_name == ""


def test_a_row_of_unknown_project_is_of_the_project_without_a_name(original, real_machine):
    insert = "INSERT INTO machine (name, dataset, model, metadata) VALUES ('other', '{}', '{}', %s)"
    with PostgresReporter(**original.place) as reporter:
        original.query(insert, '{"written": "last"}')  # nothing keeps gordo's names unique any more
        other = Machine(name="other", project_name="p")
        original.query(
            "INSERT INTO machine (name, project_name, dataset, model, metadata) VALUES (%s, %s, %s, %s, %s)",
            *("other", "p", "{}", "{}", "{}"),
        )
        assert reporter.fetch("other", "p") == other
        with pytest.raises(AmbiguousMachine) as caught:
            reporter.fetch("other")
        assert caught.value.projects == ("", "p")
        assert reporter.fetch("other", "").metadata == {"written": "last"}
        assert reporter.fetch(real_machine.name, "").metadata == real_machine.metadata
        keys = {MachineKey("", "other"), MachineKey("p", "other"), MachineKey("", real_machine.name)}
        assert reporter.holds([*keys, MachineKey("q", "other")]) == keys


def test_the_replaced_project_can_go_on_writing_to_an_upgraded_table(original):
    with PostgresReporter(**original.place):
        pass
    original.query("INSERT INTO machine (name, dataset, model, metadata) VALUES ('late', '{}', '{}', '{}')")
    assert original.scalar("SELECT reported_at IS NOT NULL FROM machine WHERE name = 'late'")


def test_an_upgrade_that_fails_changes_nothing(database, original_table):
    database.query(original_table)
    database.query("CREATE TABLE note (machine varchar REFERENCES machine (name))")
    before = database.query(COLUMNS) + database.query(INDEXES)
    with pytest.raises(PermanentPostgresError) as caught:
        PostgresReporter(**database.place).ping()
    assert str(caught.value).startswith(
        "creating or upgrading the table machine: cannot drop index machine_name because other objects depend on it; "
    )
    assert database.query(COLUMNS) + database.query(INDEXES) == before


def test_a_table_of_something_else_is_left_alone(database):
    database.query("CREATE TABLE machine (id int, name text, metadata jsonb)")
    with pytest.raises(PermanentPostgresError) as caught:
        PostgresReporter(**database.place).ping()
    assert str(caught.value) == (
        "the table machine is not a table of machines: it has no column dataset, model; it was not changed. "
        "Choose another 'table' or 'schema'"
    )
    assert [row[0] for row in database.query(COLUMNS)] == ["id", "name", "metadata"]


@pytest.mark.parametrize("older", [False, True], ids=["no table", "an older table"])
def test_without_create_the_statements_are_reported_and_do_what_is_needed(database, original_table, older):
    if older:
        database.query(original_table)
    before = database.query(COLUMNS)
    with pytest.raises(PermanentPostgresError) as caught:
        PostgresReporter(**database.place, create=False).ping()
    explanation, _, statements = str(caught.value).partition("\n")
    assert explanation == (
        "the table machine is missing or older than this version, and create=False; "
        "run this, or report once with create=True:"
    )
    assert database.query(COLUMNS) == before
    database.query(statements)
    with PostgresReporter(**database.place, create=False) as reporter:
        assert not reporter.report(Machine(name="m")).unchanged


SCHEMAS = (
    "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1"
)


@pytest.mark.parametrize("create", [True, False])
def test_a_schema_that_does_not_exist_is_refused_and_not_created(database, create):
    database.query('CREATE SCHEMA "Plant 7"')
    with pytest.raises(PermanentPostgresError) as caught:
        PostgresReporter(**database.place, schema="plnat 7", create=create).ping()
    assert str(caught.value) == (
        'the database has no schema "plnat 7", only "Plant 7", public: correct \'schema\', run '
        "CREATE SCHEMA \"plnat 7\", or set 'create_schema: true'"
    )
    assert database.query(SCHEMAS) == [("Plant 7",), ("public",)]


def test_a_schema_is_created_when_that_is_asked_for_and_left_alone_when_it_exists(database):
    for _ in range(2):
        with PostgresReporter(**database.place, schema="plant 7", create_schema=True) as reporter:
            reporter.report(Machine(name="m"))
    assert database.scalar('SELECT count(*) FROM "plant 7".machine') == 1


def test_without_create_the_statements_include_the_schema_that_was_asked_for(database):
    with pytest.raises(PermanentPostgresError, match="create=False") as caught:
        PostgresReporter(**database.place, schema="plant", create=False, create_schema=True).ping()
    assert "\nCREATE SCHEMA plant;\nCREATE TABLE plant.machine (" in str(caught.value)
    assert database.query(SCHEMAS) == [("public",)]


def test_a_new_table_has_its_key_as_its_only_index(reporter, database):
    assert database.query(INDEXES) == [("machine_name_project_name_key",)]


def test_a_ready_table_asks_for_no_right_to_change_it(reporter, database):
    database.query(f"CREATE ROLE writer{database.name} LOGIN PASSWORD 'geheim'")
    database.query(f"GRANT SELECT, INSERT, UPDATE ON machine TO writer{database.name}")
    place = {**database.place, "user": f"writer{database.name}", "password": "geheim"}
    with PostgresReporter(**place) as writer:
        assert not writer.report(Machine(name="m")).unchanged


def test_an_upgrade_waits_only_so_long_for_those_who_use_the_table(database, original_table, monkeypatch):
    monkeypatch.setattr("newsdesk_postgres.table.machine_table._LOCK_SECONDS", 1)
    database.query(original_table)
    user = database.connect()
    user.autocommit = False
    user.cursor().execute("SELECT * FROM machine")
    with pytest.raises(TransientPostgresError, match="canceling statement due to lock timeout"):
        PostgresReporter(**database.place).ping()
    user.rollback()
    user.close()
    PostgresReporter(**database.place).ping()
