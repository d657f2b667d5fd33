"""A run is the same, field by field, whichever way the server was reached."""

import uuid
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from newsdesk import Machine
from newsdesk.record import build
from newsdesk.testing.strategies import machines
from newsdesk_mlflow import MlFlowReporter
from newsdesk_mlflow.transport.client.store import ClientStore
from newsdesk_mlflow.transport.rest.store import RestStore

# What two runs differ in whatever reported them.
OWN = ("run_id", "run_uuid", "experiment_id", "artifact_uri", "start_time", "end_time")

HOSTILE = {
    "name": "r\u00e9seau \U0001f600 'q\" \\\\ \ud800 \0",
    "project_name": "\ud83d p",
    "dataset": {"row_filter": "\u00fc" * 7000, "resolution": ""},
    "metadata": {
        "build_metadata": {
            "model": {
                "model_training_duration_sec": 2**70,
                "cross_validation": {
                    "scores": {
                        "r2": {
                            "fold-1": "NaN",
                            "fold-2": "Infinity",
                            "fold-3": "-Infinity",
                            "fold-4": 1e-320,
                        },
                        "\u043a" * 300: {"fold-1": -0.0, "fold-mean": 10**400},
                        "a b/c(d)": {"fold-1": 5e-324, "fold-2": 1.7976931348623157e308},
                    }
                },
                "model_meta": {"history": {"loss": [0.1, 1e22, 123456789012345680.0, "NaN", -(2**63)]}},
            }
        }
    },
}


@pytest.fixture
def both(server, header_plugin):
    """Give a function that reports a machine both ways, and gives what the server has of it, and the deliveries."""

    def report(machine):
        found = []
        for kind in (RestStore, ClientStore):
            reporter = MlFlowReporter(
                tracking_uri=server.url, experiment=uuid.uuid4().hex, tags={"more {name}": "{name} \u00e9"}
            )
            with pytest.MonkeyPatch.context() as patch:
                if kind is ClientStore:
                    patch.syspath_prepend(header_plugin)
                delivery = reporter.report(machine)
            assert type(reporter.tracking.store) is kind
            found.append((content(server, reporter.experiment), delivery.alterations))
            assert reporter.report(machine).unchanged
        return found

    return report


def content(server, experiment):
    """Give all that the server tells of the one run of an experiment."""
    ids = [server.experiment(experiment)["experiment_id"]]
    (run,) = server.call("POST", "runs/search", experiment_ids=ids, run_view_type="ALL")["runs"]
    seen = server.run(experiment)
    points, timestamps = seen.metrics()
    data = run["data"]
    tags = {tag["key"]: tag["value"] for tag in data["tags"]}
    timestamp = int(tags.pop("newsdesk.timestamp"))
    assert timestamps <= {timestamp}
    reported = datetime.fromisoformat(tags.pop("newsdesk.reported").replace(" UTC", "Z"))
    assert reported.timestamp() == timestamp // 1000
    span = (run["info"]["start_time"], run["info"]["end_time"])
    return {
        "span": None if span[0] == timestamp else span,
        "info": {key: value for key, value in run["info"].items() if key not in OWN},
        "tags": tags,
        "params": data.get("params", []) and sorted((p["key"], p["value"]) for p in data["params"]),
        "points": list(map(repr, points)),
        "inputs": run.get("inputs", {}),
        "artifact": seen.artifact("metadata.json"),
    }


@pytest.mark.parametrize("name", ["ae-4tags", "buildonly-4tags", "diff-20tags", "sk-20tags"])
def test_a_real_machine(both, record, name):
    machine = Machine.from_dict(record(name))
    rest, client = both(machine)
    assert rest == client
    assert rest[0]["info"]["status"] == "FINISHED"
    created = build(machine).created_at
    assert rest[0]["span"][1] == round(created.timestamp() * 1000)


def test_a_hostile_machine(both):
    rest, client = both(Machine.from_dict(HOSTILE))
    assert rest == client
    assert len(rest[0]["points"]) > 10


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(machine=machines())
def test_any_machine(both, machine):
    rest, client = both(machine)
    assert rest == client
