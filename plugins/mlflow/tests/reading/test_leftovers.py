"""Runs that never ended, found by the doctor and ended on request: on a server, and in a local store."""

import subprocess
import sysconfig
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlflow import MlflowClient
from newsdesk import Machine
from newsdesk_mlflow import MlFlowReporter
from newsdesk_mlflow.reading.leftovers import AGE, ENDED, Leftovers
from newsdesk_mlflow.transport.connecting import connect

# Deprecated in SQLAlchemy, used by MLflow's store.
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")
DAY = 24 * 60 * 60


@pytest.fixture(params=["server", "sqlite"])
def uri(request, tmp_path, server):
    return server.url if request.param == "server" else f"sqlite:///{tmp_path}/mlflow.db"


@pytest.fixture
def client(uri):
    return MlflowClient(uri)


@pytest.fixture
def experiment(client):
    return client.create_experiment(uuid.uuid4().hex)


@pytest.fixture
def begin(client, experiment):
    """Return a function that creates a run as gordo does, and returns its id."""

    def create(days, **tags):
        start = int((time.time() - days * DAY) * 1000)
        if "newsdesk.timestamp" in tags:
            tags["newsdesk.timestamp"] = str(start)
        return client.create_run(experiment, start_time=start, tags=tags or {"model_key": "k"}).info.run_id

    return create


def found(uri, *runs):
    """Return which of these runs are left over."""
    left = {run.id for run in Leftovers(connect(uri)).find()}
    return [run for run in runs if run in left]


def doctor(uri, tmp_path, *options, text=None):
    config = tmp_path / "newsdesk.yaml"
    config.write_text(f"reporters: [{{mlflow: {{tracking_uri: '{uri}'}}}}]")
    command = [Path(sysconfig.get_path("scripts"), "newsdesk"), "doctor", "--config", str(config), *options]
    return subprocess.run(command, input=text or "", capture_output=True, text=True, timeout=120, check=False)


def test_a_run_of_gordos_that_never_ended_is_left_over(uri, client, begin):
    old, finished, new, other = begin(2), begin(2), begin(0), begin(2, mlflow="somebody's own")
    client.set_terminated(finished)
    assert found(uri, old, finished, new, other) == [old]


def test_a_run_counts_as_in_progress_for_a_day(uri, begin):
    assert AGE == DAY
    younger, older = begin(0.9), begin(1.1)
    assert found(uri, younger, older) == [older]


def test_a_run_of_newsdesk_is_left_over_only_when_a_later_one_of_its_machine_has_finished(uri, client, begin):
    machine = Machine("pump", "north", metadata={"build": uuid.uuid4().hex})
    with MlFlowReporter(tracking_uri=uri, experiment=uuid.uuid4().hex) as reporter:
        run_id = reporter.report(machine).reference.rpartition("/")[2]
    tags = client.get_run(run_id).data.tags.items()
    tags = {name: value for name, value in tags if not name.startswith("mlflow.")}
    begun = begin(2, **tags)
    assert found(uri, begun) == []
    later = begin(1.5, **tags)
    assert found(uri, begun, later) == []
    client.set_terminated(later)
    assert found(uri, begun) == [begun]


def test_a_delivery_in_progress_of_an_old_build_is_not_left_over(uri, client, experiment):
    tags = {"model_key": "k", "newsdesk.timestamp": str(int(time.time() * 1000))}
    run = client.create_run(experiment, start_time=1, tags=tags).info.run_id
    assert found(uri, run) == []


def test_all_pages_are_read(uri, client, begin, monkeypatch):
    monkeypatch.setattr("newsdesk_mlflow.transport.tracking.PAGE", 2)
    client.create_experiment(uuid.uuid4().hex)
    client.create_experiment(uuid.uuid4().hex)
    runs = [begin(2) for _ in range(5)]
    assert found(uri, *runs) == runs


def test_the_doctor_reports_them_and_changes_nothing_by_itself(uri, client, begin, tmp_path):
    run = begin(2)
    said = doctor(uri, tmp_path, "--ping")
    assert said.returncode == 1
    assert "never ended" in said.stdout
    assert "newsdesk doctor --ping --fix ends" in said.stdout
    assert "never ended" not in doctor(uri, tmp_path).stdout
    assert client.get_run(run).info.status == "RUNNING"


def test_they_are_ended_after_asking(uri, client, begin, tmp_path):
    run = begin(2)
    said = doctor(uri, tmp_path, "--ping", "--fix", text="n\n")
    assert said.returncode == 1
    assert "do that now?" in said.stderr
    assert client.get_run(run).info.status == "RUNNING"
    said = doctor(uri, tmp_path, "--ping", "--fix", text="y\n")
    ended = client.get_run(run)
    assert ended.info.status == "FAILED"
    day = datetime.fromtimestamp(ended.info.start_time / 1000, UTC).strftime("%Y-%m-%d")
    assert ended.data.tags[ENDED] == f"it was RUNNING since {day} and never ended"
    assert f"ended as FAILED, with the tag {ENDED}" in said.stderr
    assert said.returncode == 0, said.stdout + said.stderr


def test_scripts_need_not_be_asked(uri, client, begin, tmp_path):
    run = begin(2)
    said = doctor(uri, tmp_path, "--ping", "--fix", "--yes")
    assert said.returncode == 0, said.stdout + said.stderr
    assert client.get_run(run).info.status == "FAILED"
    assert "never ended" not in doctor(uri, tmp_path, "--ping").stdout


def test_a_run_that_ended_meanwhile_is_left_as_it_is(uri, client, begin):
    run, other = begin(2), begin(2)
    found_runs = [run_ for run_ in Leftovers(connect(uri)).find() if run_.id in (run, other)]
    client.set_terminated(run)
    text = Leftovers(connect(uri)).end(found_runs)
    assert text == f"1 of 2 runs ended as FAILED, with the tag {ENDED}"
    assert [client.get_run(one).info.status for one in (run, other)] == ["FINISHED", "FAILED"]
    assert ENDED not in client.get_run(run).data.tags


def test_a_server_that_refuses_is_reported_and_there_is_still_something_to_fix(server, proxy, tmp_path):
    client = MlflowClient(server.url)
    client.create_run(client.create_experiment(uuid.uuid4().hex), start_time=1, tags={"model_key": "k"})
    proxy.disturb = lambda method, path: (503, {}, b"") if path.endswith("runs/log-batch") else None
    said = doctor(proxy.url, tmp_path, "--ping", "--fix", "--yes")
    assert said.returncode == 1
    assert "not fixed: " in said.stderr
    assert "cannot log to the run" in said.stderr
