"""Logs a machine to an MLflow server with `requests`, as a script would: FILE URL.

The eight calls of a first report, in one session: look up the experiment, create it, create the run, log,
log the dataset, upload the record, search for the run of another process, finish.
"""

import hashlib
import json
import sys
import time
from pathlib import Path

import requests

SUMMARIES = ("mean", "max", "min", "std")
DATES = ("train_start_date", "train_end_date", "resolution", "row_filter", "row_filter_buffer_size")
BUILD = ("model_creation_date", "model_builder_version", "model_offset")


def main(file: str, url: str) -> None:
    machine = json.loads(Path(file).read_bytes())
    record = json.dumps(machine, sort_keys=True, separators=(",", ":")).encode()
    now = int(time.time() * 1000)
    with requests.Session() as session:

        def call(path: str, **body):
            answer = session.post(f"{url}/api/2.0/mlflow/{path}", json=body)
            answer.raise_for_status()
            return answer.json()

        name = machine["name"]
        found = session.get(f"{url}/api/2.0/mlflow/experiments/get-by-name", params={"experiment_name": name})
        if found.status_code == 404:
            experiment = call("experiments/create", name=name)["experiment_id"]
        else:
            experiment = found.json()["experiment"]["experiment_id"]
        tags = tags_of(machine, record)
        run = call("runs/create", experiment_id=experiment, run_name=name, start_time=now, tags=entries(tags))
        run_id, place = run["run"]["info"]["run_id"], run["run"]["info"]["artifact_uri"]
        call(
            "runs/log-batch",
            run_id=run_id,
            metrics=metrics_of(machine, now),
            params=entries(params_of(machine)),
        )
        definition = json.dumps(machine["dataset"])
        dataset = {
            "name": name,
            "digest": hashlib.sha256(definition.encode()).hexdigest()[:16],
            "source_type": "code",
            "source": definition,
        }
        call("runs/log-inputs", run_id=run_id, datasets=[{"dataset": dataset}])
        folder = place.removeprefix("mlflow-artifacts:").lstrip("/")
        upload = f"{url}/api/2.0/mlflow-artifacts/artifacts/{folder}/metadata.json"
        session.put(upload, data=record).raise_for_status()
        same = f"tags.model_key = '{tags['model_key']}' and tags.revision = '{tags['revision']}'"
        call("runs/search", experiment_ids=[experiment], filter=same, max_results=100)
        call("runs/update", run_id=run_id, status="FINISHED", end_time=int(time.time() * 1000))


def tags_of(machine, record: bytes) -> dict[str, str]:
    built_of = {key: machine[key] for key in ("name", "model", "dataset", "evaluation")}
    note = [f"**{machine['name']}** of the project **{machine['project_name']}**", "", "| score | mean |"]
    note += [f"| {name} | {score['fold-mean']:.4g} |" for name, score in scores_of(machine)]
    return {
        "model_key": hashlib.sha256(json.dumps(built_of, sort_keys=True).encode()).hexdigest(),
        "revision": hashlib.sha256(record).hexdigest(),
        "machine_name": machine["name"],
        "project_name": machine["project_name"],
        "mlflow.note.content": "\n".join(note),
    }


def params_of(machine) -> dict[str, object]:
    model = machine["metadata"]["build_metadata"]["model"]
    return {
        "project_name": machine["project_name"],
        "name": machine["name"],
        **{key: machine["dataset"][key] for key in DATES},
        **{key: model[key] for key in BUILD},
        **model["cross_validation"]["splits"],
        **model["model_meta"]["history"]["params"],
        **dict(definition_of(machine["model"], "model")),
    }


def definition_of(value, key: str):
    """Yield a model's classes and their arguments."""
    if isinstance(value, dict):
        [(name, arguments)] = value.items()
        yield key, name
        for argument, each in arguments.items():
            yield from definition_of(each, f"{key}.{argument}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from definition_of(each, f"{key}.{number}")
    else:
        yield key, value


def metrics_of(machine, now: int) -> list[dict[str, object]]:
    model = machine["metadata"]["build_metadata"]["model"]
    points = [("model_training_duration_sec", model["model_training_duration_sec"], 0)]
    for name, score in scores_of(machine):
        points += [(f"{name}-{summary}", score[f"fold-{summary}"], 0) for summary in SUMMARIES]
        folds = len(score) - len(SUMMARIES)
        points += [(name, score[f"fold-{fold + 1}"], fold) for fold in range(folds)]
    for name, values in model["model_meta"]["history"].items():
        if name != "params":
            points += [(name, value, epoch) for epoch, value in enumerate(values)]
    return [{"key": key, "value": value, "timestamp": now, "step": step} for key, value, step in points]


def scores_of(machine):
    """Return the scores of all tags together."""
    tags = tuple(f"-{tag}" for tag in machine["dataset"]["tag_list"])
    scores = machine["metadata"]["build_metadata"]["model"]["cross_validation"]["scores"]
    return [(name, score) for name, score in scores.items() if not name.endswith(tags)]


def entries(values: dict[str, object]) -> list[dict[str, str]]:
    return [{"key": key, "value": str(value)} for key, value in values.items()]


if __name__ == "__main__":
    main(*sys.argv[1:])
