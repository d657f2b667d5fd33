"""The dashboard of Grafana: what it asks is answered, and it is what Grafana takes for one."""

import copy
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from newsdesk import Machine
from newsdesk.cli import main
from newsdesk_postgres import PostgresReporter, create_dashboard_views
from newsdesk_postgres.dashboards.grafana import dashboard

from .grafana_model import faults

EXAMPLES = Path(__file__).parents[4] / "examples" / "machines"
DEFAULT = dashboard(datasource=None, table="machine", schema=None)
VARIABLES = {each["name"]: each for each in DEFAULT["templating"]["list"]}
PANELS = {panel["title"]: panel for panel in DEFAULT["panels"] if panel["type"] != "row"}
ALL = object()
RANGE = "'2020-01-01T00:00:00Z' AND '2030-01-01T00:00:00Z'"
CHOICE = {"project": ALL, "metric": "r2-score", "worst": "ASC", "machine": "sk-20tags"}
EMPTY = {"Training"}  # of scikit-learn's models
FORMATS = {"sqlstring", "raw"}


def interpolated(sql, choice, variables=VARIABLES):
    """Return a query as Grafana's PostgreSQL data source sends it.

    See "PostgreSQL query editor" and "Variable syntax" of Grafana's documentation: `sqlstring` quotes and
    escapes, the custom value of All is sent as it is, and `$__timeFilter` is a comparison.
    """

    def value(match):
        name, form = match[1], match[2]
        assert form in FORMATS
        if choice[name] is ALL:
            return variables[name]["allValue"]
        chosen = choice[name] if isinstance(choice[name], list) else [choice[name]]
        quoted = ["'" + each.replace("'", "''") + "'" for each in chosen]
        return ",".join(quoted if form == "sqlstring" else chosen)

    sql = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {RANGE}", sql)
    return re.sub(r"\$\{(\w+):(\w+)\}", value, sql)


def answers(database, choice, shown=DEFAULT):
    """Run every query of a dashboard, and give the rows by title or variable."""
    variables = {each["name"]: each for each in shown["templating"]["list"]}
    queries = {each["name"]: each["query"] for each in variables.values() if each["type"] == "query"}
    queries |= {
        panel["title"]: target["rawSql"] for panel in shown["panels"] for target in panel.get("targets", [])
    }
    return {title: database.query(interpolated(sql, choice, variables)) for title, sql in queries.items()}


def machines():
    """Return the real machines."""
    return [Machine.from_json(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.json"))]


@pytest.fixture
def fleet(reporter):
    create_dashboard_views(reporter)
    for machine in machines():
        reporter.report(machine)
    return reporter


def test_every_query_is_answered_with_the_real_machines(fleet, database):
    found = answers(database, CHOICE)
    assert len(found) == len(PANELS) + 3
    assert {title for title, rows in found.items() if not rows} == EMPTY
    assert found["project"] == [("local-build",)]
    assert ("r2-score",) in found["metric"]
    assert len(found["machine"]) == found["Machines"][0][0] == 4
    assert found["Without $metric"] == [(1,)]
    assert len(found["$metric by tag, the worst first"]) == 20
    assert found["Machines, the worst first"][0][0] == "buildonly-4tags"  # it has no scores
    keras = answers(database, {**CHOICE, "machine": "ae-4tags", "worst": "DESC", "project": ["local-build"]})
    assert keras["Training"]
    assert keras["Training"][0][0] == 1
    assert keras["Machines, the worst first"][1:] == found["Machines, the worst first"][:0:-1]


NAME = "it's; ${metric:raw} -- %s"
PROJECT = "it's $1 % \" \\"


@pytest.mark.parametrize("project", [ALL, PROJECT, [PROJECT, "local-build"], "another", ""])
def test_any_name_can_be_chosen(fleet, database, project):
    fleet.report(Machine(name=NAME, project_name=PROJECT))
    found = answers(database, {**CHOICE, "machine": NAME, "metric": NAME, "project": project})
    assert len(found["Build"]) == (project is ALL or PROJECT in project)


@pytest.mark.parametrize("place", [{"schema": "We ird%s", "table": 'ta"b%le:x'}, {"table": "machines"}])
def test_it_is_printed_for_another_table_and_data_source(database, place):
    options = [f"--{key}={value}" for key, value in place.items()]
    with PostgresReporter(**database.place, **place, create_schema="schema" in place) as reporter:
        for machine in machines():
            reporter.report(machine)
    run = CliRunner().invoke
    database.query(run(main, ["postgres", "views", *options], catch_exceptions=False).stdout)
    printed = run(
        main, ["postgres", "dashboard", *options, "--datasource", "plant 7"], catch_exceptions=False
    )
    shown = json.loads(printed.stdout)
    assert {title for title, rows in answers(database, CHOICE, shown).items() if not rows} == EMPTY
    variables = {each["name"]: each for each in shown["templating"]["list"]}
    assert variables["datasource"]["current"] == {"selected": True, "text": "plant 7", "value": "plant 7"}
    assert faults(shown) == []


def test_it_is_what_grafana_takes_for_a_dashboard():
    assert faults(DEFAULT) == []
    ids = [panel["id"] for panel in DEFAULT["panels"]]
    assert len(set(ids)) == len(ids)
    assert {panel["type"] for panel in DEFAULT["panels"]} <= {
        *("row", "stat", "table", "histogram", "timeseries", "barchart", "trend")
    }


def test_the_queries_of_the_page_are_answered_and_its_grants_are_enough(fleet, database):
    page = (Path(__file__).parents[4] / "docs" / "grafana.md").read_text("utf-8")
    role, *others = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    try:
        database.query(role)
        for sql in others:
            database.query(sql)
        assert len(database.query(others[-1])) == 3
        assert answers(database, CHOICE)["Build"]
        with database.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SET ROLE grafana")
            cursor.execute("SELECT count(*) FROM machine_folds")
            assert cursor.fetchone()[0] > 0
        connection.close()
    finally:
        database.query("DROP OWNED BY grafana; DROP ROLE grafana")


def test_panels_do_not_overlap_and_fit_the_grid():
    taken = set()
    for panel in DEFAULT["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert all(0 <= x < 24 for x, _ in cells)
        taken |= cells


def _without_a_title(found):
    found["title"] = 5


def _with_an_unknown_key(found):
    found["panels"][1]["titel"] = "Machines"


def _with_an_unknown_option(found):
    found["panels"][1]["options"]["colour"] = "none"


def _with_an_unknown_value(found):
    found["panels"][1]["options"]["colorMode"] = "nonne"


def _with_text_for_a_number(found):
    found["panels"][1]["gridPos"]["h"] = "4"


@pytest.mark.parametrize(
    "spoil",
    [
        _without_a_title,
        _with_an_unknown_key,
        _with_an_unknown_option,
        _with_an_unknown_value,
        _with_text_for_a_number,
    ],
)
def test_what_grafana_would_not_take_is_found(spoil):
    spoilt = copy.deepcopy(DEFAULT)
    spoil(spoilt)
    assert len(faults(spoilt)) == 1


def test_every_query_takes_variables_only_as_escaped_text_or_as_what_it_offers():
    text = " ".join(target["rawSql"] for panel in PANELS.values() for target in panel["targets"])
    text += " ".join(str(each.get("query")) for each in VARIABLES.values())
    assert set(re.findall(r"\$\{?\w+:?\w*", text)) == {
        *("${project:sqlstring", "${metric:sqlstring", "${machine:sqlstring", "${worst:raw", "$__timeFilter")
    }
    assert [each["value"] for each in VARIABLES["worst"]["options"]] == ["ASC", "DESC"]


def test_every_query_names_only_what_the_views_have():
    text = json.dumps(DEFAULT)
    assert {*re.findall(r"\b(machine_\w+)\b", text)} == {
        *("machine_builds", "machine_scores", "machine_folds", "machine_history")
    }
    assert {*re.findall(r"\$\{(\w+):", text)} - {"__data"} == {*VARIABLES}


def test_a_table_with_a_name_too_long_for_views_is_refused():
    done = CliRunner().invoke(main, ["postgres", "dashboard", "--table", "t" * 60])
    assert done.exit_code == 2
    assert "exceeds 63 bytes: use a table with a shorter name" in done.stderr
