"""Content that made the original, or the server, give up."""

import json
import uuid

import pytest
from newsdesk import Machine
from newsdesk_mlflow import MlFlowReporter

HOSTILE = {
    "name": "hostile",
    "project_name": "p\0roject \ud800",
    "dataset": {
        "row_filter": "x" * 7000,
        "resolution": "\0\udfff é 😀",
        "train_start_date": "2020-01-01T00:00:00+05:30",
        "tag_list": ["TAG 1", {"name": "r2"}],
        "target_tag_list": [["TAG 2", "asset"]],
    },
    "metadata": {
        "build_metadata": {
            "model": {
                "cross_validation": {
                    "scores": {
                        "f1 (weighted)": {"fold-mean": 0.5, "fold-1": 0.5},
                        "r2": {"fold-1": "NaN", "fold-2": "Infinity", "fold-3": "-Infinity"},
                        "r2-score": {"fold-1": 1.0},
                        "r2-TAG-1": {"fold-1": 1.0},
                        "../../etc": {"fold-1": 1.0},
                        "k" * 300: {"fold-1": 1.0},
                        "é" * 250: {"fold-1": 1.0},
                        "\0": {"fold-1": 1.0},
                        "a:b": {"fold-1": None},
                    },
                    "splits": {"fold-1-train-start": "2020"},
                },
                "model_meta": {
                    "history": {
                        "r2": [1.0, "x"],
                        "loss": list(range(1500)),
                        "params": {
                            "name": "adam",
                            "project_name": "p\0roject \ud800",
                            "résumé(1)": [1],
                            "none": None,
                        },
                    }
                },
            }
        }
    },
}


@pytest.fixture(params=["server", "server_on_postgres"])
def any_server(request):
    """Both stores: PostgreSQL refuses what SQLite takes."""
    return request.getfixturevalue(request.param)


@pytest.mark.usefixtures("road")
def test_hostile_content_arrives_with_everything_that_was_altered_told(any_server):
    experiment = uuid.uuid4().hex
    machine = Machine.from_dict(HOSTILE)
    reporter = MlFlowReporter(
        tracking_uri=any_server.url, experiment=experiment, tags={"a:b(c)": "t\0" * 4000}
    )
    delivery = reporter.report(machine)
    run = any_server.run(experiment)
    assert run.status == "FINISHED"
    assert run.artifact("metadata.json") == machine.to_json()
    json.loads(run.artifact("metadata.json"), parse_constant=pytest.fail)
    assert {(a.path.rpartition(".")[2][:20], a.kind) for a in delivery.alterations} >= {
        ("project_name", "encoded"),
        ("row_filter", "truncated"),
        ("resolution", "encoded"),
        ("f1 (weighted)", "renamed"),
        ("r2", "encoded"),
        ("r2", "omitted"),
        ("r2", "renamed"),
        ("name", "renamed"),
        ("a:b(c)", "truncated"),
    }
    assert len(run.params["row_filter"]) == 6000
    assert run.params["train_start_date"] == "2020-01-01 00:00:00+05:30"
    points, _ = run.metrics()
    assert ("f1 _28_weighted_29_", 0.5, 0) in points
    assert ("r2-score", 1.0, 0) in points
    assert not [point for point in points if point[0].startswith("r2-TAG")]
    assert len([point for point in points if point[0] == "loss"]) == 1500
    assert sorted(map(str, (value for key, value, _ in points if key == "r2"))) == [
        "-1.7976931348623157e+308",
        "1.7976931348623157e+308",
        "NaN",
    ]
    assert reporter.report(machine).unchanged


@pytest.mark.parametrize(
    "name", ["a'b\"c\\d", "x" * 400, "../up", "a/b c:d%e", "\0\ud800", "😀 é", " ", "${env:HOME}"]
)
def test_any_machines_name_makes_an_experiment_and_is_found_again(any_server, name):
    machine = Machine(name, uuid.uuid4().hex)
    reporter = MlFlowReporter(tracking_uri=any_server.url)
    first = reporter.report(machine)
    assert reporter.report(machine).reference == first.reference
    assert MlFlowReporter(tracking_uri=any_server.url).report(machine).unchanged


def test_a_real_machine_arrives_in_a_postgresql_store_just_the_same(server_on_postgres, record, expected):
    experiment = uuid.uuid4().hex
    MlFlowReporter(tracking_uri=server_on_postgres.url, experiment=experiment).report(
        Machine.from_dict(record("ae-4tags"))
    )
    run = server_on_postgres.run(experiment)
    assert run.metrics()[0] == sorted(map(tuple, expected("ae-4tags")["metrics"]), key=repr)
    assert dict(expected("ae-4tags")["params"]).items() <= run.params.items()
