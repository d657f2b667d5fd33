"""create_view: a name is one machine in it, for queries by name alone, as gordo's dashboards have."""

import psycopg2
import pytest
from newsdesk import Machine, PermanentReporterError
from newsdesk_postgres import PostgresReporter, create_view

# In the manner of gordo's panels: a value, a document, and one row for each score and fold.
RESOLUTION = "SELECT dataset->>'resolution' FROM {view} WHERE name = 'ct-1'"
MODEL = "SELECT m.model AS configuration FROM {view} AS m WHERE name = 'ct-1'"
SCORES = """
SELECT raw.metric, fold.key, fold.value
FROM (
    SELECT score.key AS metric, score.value AS folds
    FROM {view}, jsonb_each({view}.metadata->'build_metadata'->'model'->'cross_validation'->'scores') AS score
    WHERE name = 'ct-1'
) AS raw, jsonb_each(folds) AS fold
"""


def machine(project, resolution):
    """Return a machine whose three scores, of four values each, are those of its project."""
    scores = {f"score-{n}": {f"fold-{k}": resolution for k in range(4)} for n in range(3)}
    return Machine.from_dict(
        {
            "name": "ct-1",
            "project_name": project,
            "dataset": {"resolution": f"{resolution}T"},
            "model": {"of": project},
            "metadata": {"build_metadata": {"model": {"cross_validation": {"scores": scores}}}},
        }
    )


@pytest.fixture
def two(reporter):
    """A reporter that has reported one name for two projects, the second one last."""
    for project, resolution in (("south", 1), ("north", 2)):
        reporter.report(machine(project, resolution))
    return reporter


def test_without_it_a_query_by_name_mixes_two_machines(two, database):
    assert len(database.query(SCORES.format(view="machine"))) == 2 * 3 * 4


@pytest.mark.parametrize(("project", "resolution"), [(None, 2), ("north", 2), ("south", 1)])
def test_a_name_is_one_machine_the_newest_or_that_of_a_project(two, database, project, resolution):
    create_view(two, project_name=project)
    ask = {name: sql.format(view="machine_by_name") for name, sql in globals().items() if name.isupper()}
    assert database.query(ask["RESOLUTION"]) == [(f"{resolution}T",)]
    assert database.query(ask["MODEL"]) == [({"of": "north" if resolution == 2 else "south"},)]
    assert {value for _, _, value in database.query(ask["SCORES"])} == {resolution}
    assert len(database.query(ask["SCORES"])) == 3 * 4


def test_the_newest_is_that_which_was_reported_last(two, database):
    create_view(two)
    two.report(machine("south", 3))
    assert database.query(RESOLUTION.format(view="machine_by_name")) == [("3T",)]


def test_a_row_of_gordos_that_was_never_reported_again_is_older_than_any(database, original_table):
    database.query(original_table)
    database.query("INSERT INTO machine VALUES ('ct-1', '{}', '{}', '{}'), ('ct-2', '{}', '{}', '{}')")
    with PostgresReporter(**database.place) as reporter:
        reporter.report(machine("north", 1))
        old = "('ct-1', '{\"resolution\": \"old\"}', '{}', '{}', NULL)"
        database.query(f"INSERT INTO machine (name, dataset, model, metadata, reported_at) VALUES {old}")
        create_view(reporter)
        assert database.query(RESOLUTION.format(view="machine_by_name")) == [("1T",)]
        assert database.query("SELECT name FROM machine_by_name ORDER BY name") == [("ct-1",), ("ct-2",)]


def test_panels_stay_as_they_are_with_a_view_of_the_tables_name_in_the_schema_of_their_role(two, database):
    role = f"grafana_{database.name}"
    database.query("CREATE SCHEMA dashboards")
    create_view(two, "machine", schema="dashboards", project_name="south")
    database.query(
        f"CREATE ROLE {role} LOGIN PASSWORD 'p'; GRANT USAGE ON SCHEMA dashboards TO {role}; "
        f"GRANT SELECT ON dashboards.machine TO {role}; "
        f"ALTER ROLE {role} IN DATABASE {database.name} SET search_path = dashboards"
    )
    place = {"user": role, "password": "p", "dbname": database.name}
    connection = psycopg2.connect(host=database.server.hostname, port=database.server.port, **place)
    with connection, connection.cursor() as cursor:
        cursor.execute(SCORES.format(view="machine"))
        assert {row[2] for row in cursor.fetchall()} == {1}
    connection.close()


def test_it_is_replaced_when_it_is_created_again_and_has_later_reports(two, database):
    create_view(two)
    create_view(two, project_name="south")
    two.report(machine("south", 5))
    assert database.query(RESOLUTION.format(view="machine_by_name")) == [("5T",)]


@pytest.mark.parametrize("text", ['it\'s 100 % "x"', "a%(b)s{view}"])
def test_any_name_of_a_project_and_of_a_view_is_data(reporter, database, text):
    reporter.report(machine(text, 1))
    create_view(reporter, text, project_name=text)
    quoted = text.replace('"', '""')
    assert database.query(f'SELECT project_name FROM "{quoted}"'.replace("%", "%%") + " WHERE %s", True) == [
        (text,)
    ]


def test_reporting_never_creates_it(two, database):
    assert database.query("SELECT viewname FROM pg_views WHERE schemaname = 'public'") == []


def test_what_prevents_it_is_told(two, database):
    with pytest.raises(PermanentReporterError, match=r"creating the view nowhere\.v: .*set `schema`"):
        create_view(two, "v", schema="nowhere")
    with pytest.raises(PermanentReporterError, match=r"creating the view machine: .*is not a view"):
        create_view(two, "machine")
    role = f"reporter_{database.name}"
    database.query(
        f"CREATE ROLE {role} LOGIN PASSWORD 'p'; GRANT SELECT, INSERT, UPDATE ON machine TO {role}; "
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    )
    with (
        PostgresReporter(**{**database.place, "user": role, "password": "p"}) as limited,
        pytest.raises(PermanentReporterError, match=rf'GRANT USAGE, CREATE ON SCHEMA public TO "?{role}"?'),
    ):
        create_view(limited)
