"""A local SQLite file in place of a server, and a working folder that cannot be written to."""

import contextlib
import sqlite3
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import pytest
from newsdesk import TransientReporterError
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter


@pytest.mark.filterwarnings(
    # MLflow 3.17's own use of SQLAlchemy 2.1, when a store is opened.
    "ignore:The ``noload`` loader strategy is deprecated"
)
def test_a_sqlite_file_takes_the_record_and_its_artifacts_stand_beside_it(tmp_path, machine, monkeypatch):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    reporter = MlFlowReporter(tracking_uri=f"sqlite:///{tmp_path}/store.db")
    delivery = reporter.report(machine)
    store, _, run_id = delivery.reference.partition("#/experiments/1/runs/")
    assert store == f"sqlite:///{tmp_path}/store.db"
    assert (
        tmp_path / "mlartifacts" / run_id / "artifacts" / "metadata.json"
    ).read_bytes() == machine.to_json()
    run = reporter.tracking.store.client.get_run(run_id)
    assert (run.info.status, len(run.data.params)) == ("FINISHED", 37)
    assert reporter.report(machine).unchanged
    # MLflow's client before 3 makes a folder that stays empty.
    old_client = metadata.version("mlflow-skinny").startswith("2.")
    assert [*work.rglob("*")] == ([work / "mlruns"] if old_client else [])


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated")
def test_preparing_creates_a_local_store_and_a_report_finds_it(tmp_path, machine, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHERE", str(tmp_path))
    reporter = MlFlowReporter(tracking_uri="sqlite:///${env:WHERE}/store.db")
    reporter.prepare()
    with contextlib.closing(sqlite3.connect(tmp_path / "store.db")) as store:
        tables = store.execute("SELECT name FROM sqlite_master").fetchall()
    assert ("experiments",) in tables
    client = reporter.tracking.store.client
    reporter.prepare()
    assert not reporter.report(machine).unchanged
    assert reporter.tracking.store.client is client


def test_preparing_asks_no_server_and_leaves_what_is_wrong_to_the_report(proxy, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    MlFlowReporter(tracking_uri=proxy.url).prepare()
    assert proxy.count() == 0
    for uri in ("gopher://h", "postgresql+psycopg2://u@127.0.0.1:9/d", "${env:NOWHERE}"):
        MlFlowReporter(tracking_uri=uri).prepare()
    broken = MlFlowReporter(tracking_uri="sqlite:////dev/null/store.db")
    broken.prepare()
    assert [*tmp_path.iterdir()] == []
    with pytest.raises(MlflowLoggingError):
        broken.ping()


@pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="there is no folder that even root cannot write to"
)
def test_a_working_folder_that_cannot_be_written_to_does_not_matter(server, machine):
    script = (
        "from newsdesk_mlflow import MlFlowReporter\n"
        f"MlFlowReporter(tracking_uri={server.url!r}).report({{'name': {machine.name!r}}})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd="/proc", check=False, timeout=120, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert server.run(machine.name).status == "FINISHED"


@pytest.mark.usefixtures("client_only")
def test_without_a_folder_for_temporary_files_the_error_says_what_to_do(
    server, machine, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(TransientReporterError) as raised:
        MlFlowReporter(tracking_uri=server.url).report(machine)
    told = str(raised.value)
    assert told.startswith(
        "the artifact metadata.json cannot be written to a temporary file, from which MLflow sends it: [Errno 2] "
    )
    assert told.endswith("; set TMPDIR to a folder that can be written to and has room")
    assert server.run(machine.name).status == "FAILED"
    monkeypatch.undo()
    MlFlowReporter(tracking_uri=server.url).report(machine)
    assert server.run(machine.name).status == "FINISHED"


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("gopher://h", "there is no store for this scheme; use http://, https:// or sqlite:///"),
        pytest.param(
            "./mlruns",
            "MLflow 3 keeps runs in a folder only with MLFLOW_ALLOW_FILE_STORE=true; set that, or use sqlite:///FILE",
            marks=pytest.mark.skipif(
                not metadata.version("mlflow-skinny").startswith("3."), reason="MLflow 2 takes it"
            ),
        ),
    ],
)
def test_a_store_that_mlflow_does_not_open_is_named_in_few_words(uri, problem, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter(tracking_uri=uri).ping()
    assert str(raised.value) == f"MLflow at {uri} cannot connect: {problem}"
