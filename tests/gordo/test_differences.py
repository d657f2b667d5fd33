"""Each row of the two tables of differences in `docs/move-from-gordo.md`, from the side of the user."""

import ast
import json
import pickle
import re
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import newsdesk
import pytest
from newsdesk import BaseReporter, DefinitionError, DeliveryFailed, Machine, ReporterException, Retry
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter, get_machine_log_items, get_mlflow_client
from newsdesk_postgres import MachineDoesNotExist, PostgresReporter, PostgresReporterException

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/move-from-gordo.md").read_text("utf-8")
RECORD = json.loads((ROOT / "examples/machines/ae-4tags.json").read_text("utf-8"))
BROKEN = {"files": {"path": "/dev/null/no"}}

HERE = "tests/gordo/test_differences.py"
REPORTERS = "tests/gordo/test_reporters.py"
MLFLOW = "plugins/mlflow/tests"
DIFFERENCES = {
    "a reporter fails": f"{HERE}::test_a_reporter_that_fails_stops_no_other",
    "a backend is down": f"{HERE}::test_what_a_backend_that_is_down_is_owed_is_kept",
    "the same machine again": f"{HERE}::test_the_same_machine_again_is_one_run_and_one_row",
    "two projects with one machine name": f"{HERE}::test_two_projects_have_two_rows_and_each_is_fetched_whole",
    "contents of the table": f"{HERE}::test_two_projects_have_two_rows_and_each_is_fetched_whole",
    "concurrent reports of a new machine": (
        "tests/test_faults_mlflow.py::test_eight_processes_that_report_the_same_machine_make_one_run"
    ),
    "`MLFLOW_TRACKING_URI`, `mlflow.set_tracking_uri`": (
        f"{MLFLOW}/test_reporter.py"
        "::test_the_tracking_uri_that_the_user_has_set_is_honoured_and_nothing_global_is_changed"
    ),
    "`AZUREML_WORKSPACE_STR`, `DL_SERVICE_AUTH_STR`": (
        f"{MLFLOW}/test_reporter.py::test_azures_variables_are_not_demanded_but_used_when_they_are_set"
    ),
    "scores of single tags": (
        f"{MLFLOW}/test_reporter.py::test_per_tag_metrics_are_logged_when_they_are_asked_for"
    ),
    "values that a backend cannot store": (
        f"{MLFLOW}/test_hostile.py::test_hostile_content_arrives_with_everything_that_was_altered_told"
    ),
    "NaN": f"{HERE}::test_nan_is_a_text_that_float_reads_in_the_artifact_and_in_the_table",
    "passwords in `runtime.reporters`": f"{HERE}::test_passwords_of_its_reporters_are_masked_in_the_table",
    "times with a UTC offset": f"{REPORTERS}::test_the_time_is_in_milliseconds_since_1970_in_any_time_zone",
    "import time": "tests/test_cold_start.py::test_a_command_imports_nothing_that_it_does_not_use",
}
API = {
    "`PostgresReporter(host=…)` connects and creates the table": (
        f"{HERE}::test_a_reporter_is_built_without_a_server_and_creates_its_table_when_it_opens"
    ),
    "`PostgresReporter` raises `PostgresReporterException` for a server that is down": (
        f"{HERE}::test_a_server_that_is_down_raises_when_the_reporter_opens"
    ),
    "`PostgresReporter.db`, one connection for the whole module": (
        f"{HERE}::test_two_reporters_write_each_to_its_own_table"
    ),
    "`Machine.get(Machine.name == name)`": (
        f"{HERE}::test_two_projects_have_two_rows_and_each_is_fetched_whole"
    ),
    "`Machine.DoesNotExist`, `peewee.DoesNotExist`": (
        f"{HERE}::test_two_projects_have_two_rows_and_each_is_fetched_whole"
    ),
    "`Machine.select()`, `Machine.update()`": (
        "tests/gordo/with_gordo/test_builds.py::test_gordos_peewee_class_reads_our_rows"
    ),
    "`MlFlowReporter(*args, **kwargs)` ignores what it does not know": (
        f"{HERE}::test_what_a_reporter_does_not_take_is_refused_with_the_nearest"
    ),
    "`MlFlowReporter.report` with a `gordo.machine.Machine`": (
        f"{HERE}::test_the_same_machine_again_is_one_run_and_one_row"
    ),
    "`get_mlflow_client` without a service principal prompts in a browser": (
        f"{MLFLOW}/auth/test_original.py::test_a_client_logs_in_as_asked_and_never_prompts"
    ),
    "`get_mlflow_client` calls `mlflow.set_tracking_uri`": (f"{HERE}::test_a_client_changes_nothing_global"),
    "`get_mlflow_client` adds `auth` to the `workspace_kwargs` that it was given": (
        f"{MLFLOW}/auth/test_variables.py"
        "::test_what_is_missing_or_unknown_is_told_and_nothing_that_was_given_is_changed"
    ),
    "`get_run_id` creates a run each time": (
        f"{MLFLOW}/test_functions.py::test_an_existing_run_is_got_and_not_made_again"
    ),
    "`log_machine` returns None": (
        f"{MLFLOW}/test_functions.py::test_a_machine_is_logged_whole_and_again_without_change"
    ),
    "`log_machine` raises `MlflowLoggingError` for an artifact": (
        f"{MLFLOW}/test_functions.py"
        "::test_a_record_that_cannot_be_sent_is_our_error_and_the_run_ends_as_failed"
    ),
    "`mlflow_context` shares one `model_key` between all calls without one": (
        f"{MLFLOW}/test_functions.py::test_a_context_without_a_key_has_a_new_run_each_time"
    ),
    "`mlflow_context` leaves the run RUNNING if the body raises": (
        f"{MLFLOW}/test_functions.py::test_a_context_whose_body_fails_ends_its_run_as_failed"
    ),
    "`batch_log_items` counts metrics and params": (
        f"{MLFLOW}/test_functions.py::test_batches_are_arguments_of_log_batch_with_both_keys_in_each"
    ),
    "`get_kwargs_from_secret` refuses a `:` in the last value": (
        f"{MLFLOW}/auth/test_variables.py::test_a_colon_in_the_last_value_is_part_of_it"
    ),
    "`get_machine_log_items` fails without scores, or with a missing fold": (
        f"{HERE}::test_a_machine_without_scores_or_with_a_missing_fold_gives_what_there_is"
    ),
    "`ReporterException` of `gordo.reporters.exceptions`": (
        f"{HERE}::test_every_error_is_a_reporter_exception"
    ),
    "`@capture_args` on `__init__`": f"{HERE}::test_a_reporter_is_a_value_without_a_decorator",
}


class Built:
    """A machine as gordo's builder hands it in."""

    def __init__(self, **changes):
        self.record = {**RECORD, **changes}

    def to_dict(self):
        return self.record


@pytest.fixture
def place(postgres_server):
    """The arguments of a reporter, for a table that does not exist."""
    at = urlsplit(postgres_server.url)
    table = f"machine_{uuid.uuid4().hex}"
    return {"host": at.hostname, "port": at.port, "password": at.password, "table": table}


def first_cells(heading):
    """Return the first cell of each row of the first table below a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    [table] = re.findall(r"^\| .*?gordo .*? \|\n\| --- .*\n((?:\|.*\n)+)", section, re.MULTILINE)[:1]
    return [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines()]


def test_each_row_of_the_tables_has_a_test():
    assert first_cells("Differences") == [*DIFFERENCES]
    assert first_cells("The Python API") == [*API]


@pytest.mark.parametrize("test", sorted({*DIFFERENCES.values(), *API.values()}))
def test_the_test_of_a_row_exists(test):
    file, _, name = test.partition("::")
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_a_reporter_that_fails_stops_no_other(tmp_path):
    files = {"files": {"path": str(tmp_path)}}
    with pytest.raises(DeliveryFailed):
        newsdesk.report(Built(), [BROKEN, files])
    assert len(list(tmp_path.rglob("*.json"))) == 1
    newsdesk.report(Built(), [{**BROKEN, "required": False}, files])


def test_what_a_backend_that_is_down_is_owed_is_kept(tmp_path, place, postgres_server):
    down = {"postgres": {"url": "postgresql://127.0.0.1:9/x"}, "label": "db"}
    outbox, once = tmp_path / "owed.db", Retry(attempts=1)
    with pytest.raises(DeliveryFailed, match="at db"):
        newsdesk.report(Built(), [down], retry=once, outbox=outbox)
    with newsdesk.Desk([{"postgres": place, "label": "db"}], outbox=outbox) as desk:
        assert [str(receipt.status) for receipt in desk.send_owed()] == ["delivered"]
    assert postgres_server.query(f"SELECT name FROM {place['table']}") == [("ae-4tags",)]


def test_the_same_machine_again_is_one_run_and_one_row(mlflow_server, place):
    name = uuid.uuid4().hex
    mlflow = {"mlflow": {"tracking_uri": mlflow_server.url}}
    for status in ("delivered", "unchanged"):
        for machine in (
            (Built(name=name),) if status == "delivered" else (Built(name=name), Built(name=name).record)
        ):
            receipts = newsdesk.report(machine, [mlflow, {"postgres": place}])
            assert [str(receipt.status) for receipt in receipts] == [status, status]
    assert [status for _, _, status in mlflow_server.runs(name)] == ["FINISHED"]


def test_two_projects_have_two_rows_and_each_is_fetched_whole(place):
    with PostgresReporter(**place) as reporter:
        with pytest.raises(MachineDoesNotExist, match="report it first") as raised:
            reporter.fetch("ae-4tags")
        assert isinstance(raised.value, PostgresReporterException)
        for project in ("north", "south"):
            reporter.report(Built(project_name=project))
        with pytest.raises(PostgresReporterException, match="give the project as well"):
            reporter.fetch("ae-4tags")
        machine = reporter.fetch("ae-4tags", "north")
    assert machine == Machine.of(Built(project_name="north"))
    for part in ("name", "dataset", "model", "metadata", "runtime", "evaluation"):
        assert getattr(machine, part) == RECORD[part]


def test_nan_is_a_text_that_float_reads_in_the_artifact_and_in_the_table(
    mlflow_server, place, postgres_server
):
    name = uuid.uuid4().hex
    machine = Built(name=name, metadata={"score": float("nan")})
    newsdesk.report(machine, [{"mlflow": {"tracking_uri": mlflow_server.url}}, {"postgres": place}])
    [(run_id, _, _)] = mlflow_server.runs(name)
    artifact = json.loads(mlflow_server.content(run_id)["artifacts"]["metadata.json"])
    assert artifact["metadata"] == {"score": "NaN"}
    query = f"SELECT (metadata->>'score')::float8 = 'NaN' FROM {place['table']}"
    assert postgres_server.query(query) == [(True,)]


def test_passwords_of_its_reporters_are_masked_in_the_table(place, postgres_server):
    own = [{"gordo.reporters.postgres.PostgresReporter": {"host": "db", "password": "hunter2-x"}}]
    with PostgresReporter(**place) as reporter:
        reporter.report(Built(runtime={"reporters": own}))
    [(text,)] = postgres_server.query(f"SELECT m::text FROM {place['table']} AS m")
    assert "hunter2-x" not in text
    assert "***" in text


def test_a_reporter_is_built_without_a_server_and_creates_its_table_when_it_opens(place, postgres_server):
    assert PostgresReporter(host="does-not-exist.invalid").host == "does-not-exist.invalid"
    reporter = pickle.loads(pickle.dumps(PostgresReporter(**place)))
    query = f"SELECT to_regclass('{place['table']}')::text"
    assert postgres_server.query(query) == [(None,)]
    reporter.open()
    reporter.close()
    assert postgres_server.query(query) == [(place["table"],)]


def test_a_server_that_is_down_raises_when_the_reporter_opens():
    with pytest.raises(PostgresReporterException) as raised:
        PostgresReporter(host="127.0.0.1", port=9).open()
    assert isinstance(raised.value, newsdesk.TransientReporterError)


def test_two_reporters_write_each_to_its_own_table(place, postgres_server):
    other = {**place, "table": f"{place['table']}_b"}
    with PostgresReporter(**place) as first, PostgresReporter(**other) as second:
        first.report(Built(name="a"))
        second.report(Built(name="b"))
    assert postgres_server.query(f"SELECT name FROM {place['table']}") == [("a",)]
    assert postgres_server.query(f"SELECT name FROM {other['table']}") == [("b",)]


@pytest.mark.parametrize(
    ("build", "nearest"),
    [
        (lambda: MlFlowReporter(model_builder="x"), "model_builder_class"),
        (lambda: PostgresReporter(hots="db"), "host"),
        (lambda: BaseReporter.from_dict({"files": {"pth": "x"}}), "path"),
    ],
)
def test_what_a_reporter_does_not_take_is_refused_with_the_nearest(build, nearest):
    with pytest.raises(DefinitionError, match=rf"unknown parameter \(did you mean '{nearest}'\?\)"):
        build()


def test_a_client_changes_nothing_global(mlflow_server, monkeypatch):
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server.url)
    before = mlflow.get_tracking_uri()
    assert get_mlflow_client().tracking_uri == mlflow_server.url
    assert mlflow.get_tracking_uri() == before


def test_a_machine_without_scores_or_with_a_missing_fold_gives_what_there_is():
    metrics, _ = get_machine_log_items(Built())
    record = json.loads(json.dumps(RECORD))
    scores = record["metadata"]["build_metadata"]["model"]["cross_validation"]["scores"]
    [first, *_] = [name for name in scores if any(metric.key == name for metric in metrics)]
    del scores[first]["fold-1"]
    fewer, _ = get_machine_log_items(record)
    assert len(fewer) == len(metrics) - 1
    scores.clear()
    none, params = get_machine_log_items(record)
    assert params
    assert not {metric.key for metric in none} & {first}


@pytest.mark.parametrize(
    "error",
    [MlflowLoggingError, PostgresReporterException, MachineDoesNotExist, DefinitionError, DeliveryFailed],
)
def test_every_error_is_a_reporter_exception(error):
    assert issubclass(error, ReporterException)


def test_a_reporter_is_a_value_without_a_decorator():
    class Ported(BaseReporter):
        def __init__(self, host: str, port: int = 1) -> None:
            self.host, self.port = host, port

        def report(self, machine):
            return None

    reporter = Ported("db")
    assert reporter.get_params() == {"host": "db", "port": 1}
    assert reporter == Ported("db")
    [(target, given)] = reporter.to_dict().items()
    assert target.endswith("Ported")
    assert given == {"host": "db"}
