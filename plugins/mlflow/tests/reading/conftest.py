"""Machines with names of their own, and runs that nobody has delivered."""

import hashlib
import json
import uuid

import pytest
from newsdesk import Machine
from newsdesk_mlflow import MlFlowReporter


@pytest.fixture
def tag():
    """A word that no other test uses, for names."""
    return uuid.uuid4().hex[:8]


@pytest.fixture(params=["{name}", "{project_name}", "all", "{name} {revision}"])
def template(request, tag):
    """Each kind of template for experiments."""
    return f"{tag} {request.param}"


@pytest.fixture
def reporter(server, template):
    """A reporter of that template, which no other test delivers to."""
    with MlFlowReporter(tracking_uri=server.url, experiment=template) as opened:
        yield opened


@pytest.fixture
def revisions(tag):
    """A function that gives a machine's revisions."""

    def make(count, name="pump", project="plant"):
        return [
            Machine(f"{name} {tag}", f"{project} {tag}", metadata={"user_defined": {"build": number}})
            for number in range(count)
        ]

    return make


@pytest.fixture(scope="session")
def make_runs(server):
    """A function that makes finished runs as newsdesk makes them, but without records."""

    def make(experiment_id, keys, *, status="FINISHED", tags=None, start=1_700_000_000_000):
        ids = []
        for number, (project, name) in enumerate(keys):
            own = {
                "newsdesk.revision": hashlib.sha256(f"{number}".encode()).hexdigest(),
                "newsdesk.machine_sha256": sha256(project, name),
                "newsdesk.timestamp": str(start + number),
                "machine_name": name,
                "project_name": project,
                **(tags or {}),
            }
            listed = [{"key": key, "value": value} for key, value in own.items() if value is not None]
            run = server.call(
                "POST", "runs/create", experiment_id=experiment_id, start_time=start + number, tags=listed
            )["run"]["info"]["run_id"]
            if status != "RUNNING":
                server.call("POST", "runs/update", run_id=run, status=status)
            ids.append(run)
        return ids

    return make


def sha256(project, name):
    text = json.dumps([project, name], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
