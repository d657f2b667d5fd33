"""An MLflow server by its REST API."""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar
from urllib.parse import quote

from newsdesk import ReporterException

from newsdesk_mlflow.mapping.batches import Batch
from newsdesk_mlflow.mapping.naming.text import json_number
from newsdesk_mlflow.mapping.pages.dataset import CONTEXT, Dataset
from newsdesk_mlflow.transport.artifacts import content_type, proxied_url
from newsdesk_mlflow.transport.rest.session import AnswerError, Session
from newsdesk_mlflow.transport.rest.settings import workspace
from newsdesk_mlflow.transport.run import Experiment, Run
from newsdesk_mlflow.transport.store import PAGE, Page, RunSearch

_T = TypeVar("_T")


class RestStore:
    """A server that is asked directly; "REST API" of MLflow's documentation describes each request."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._session = Session(uri)

    @property
    def workspace(self) -> str:
        """The workspace of the server that requests name; empty if none."""
        return workspace()

    def attempt(self) -> AbstractContextManager[None]:
        """Do nothing: each request is sent once, and nothing is printed."""
        return contextlib.nullcontext()

    def find_experiment(self, name: str) -> Experiment | None:
        """Find an experiment, even if it was deleted; None if there is none of that name."""
        try:
            return self._session.get(
                "experiments/get-by-name",
                {"experiment_name": name},
                lambda answer: _experiment_of(answer["experiment"]),
            )
        except AnswerError as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
        return None

    def create_experiment(self, name: str, tags: Mapping[str, str]) -> str:
        """Create an experiment with its tags, and return its id."""
        fields = {"name": name, "tags": [{"key": key, "value": value} for key, value in tags.items()]}
        return self._session.post("experiments/create", fields, lambda answer: str(answer["experiment_id"]))

    def restore_experiment(self, experiment_id: str) -> None:
        """Restore a deleted experiment."""
        self._session.post("experiments/restore", {"experiment_id": experiment_id}, _nothing)

    def artifact_root(self) -> str | None:
        """Return the artifact root of the first experiment; None if there are no experiments."""
        found = self._session.post(
            "experiments/search",
            {"max_results": 1, "view_type": "ACTIVE_ONLY"},
            lambda answer: [*map(_experiment_of, answer.get("experiments", ()))],
        )
        return found[0].artifact_root if found else None

    def search_experiments(self, order: Sequence[str], token: str = "") -> Page[Experiment]:
        """Return experiments, deleted ones too: the first, or those that a page's token stands for."""
        return self._session.post(
            "experiments/search",
            {"max_results": PAGE, "view_type": "ALL", "order_by": [*order], "page_token": token},
            lambda answer: _page_of(answer, "experiments", _experiment_of),
        )

    def search_runs(self, search: RunSearch, token: str = "") -> Page[Run]:
        """Return runs: the first, or those that a page's token stands for."""
        fields = {
            "experiment_ids": [*search.experiment_ids],
            "filter": search.condition,
            "run_view_type": "ALL" if search.deleted else "ACTIVE_ONLY",
            "max_results": search.most,
            "order_by": [search.order],
            "page_token": token,
        }
        return self._session.post("runs/search", fields, lambda answer: _page_of(answer, "runs", _run_of))

    def create_run(
        self, experiment_id: str, run_name: str | None, tags: Mapping[str, str], start_time: int
    ) -> Run:
        """Create a run with its tags."""
        fields = {
            "experiment_id": experiment_id,
            "user_id": tags.get("mlflow.user", "unknown"),  # deprecated; as in the client
            "start_time": start_time,
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
        named = fields if run_name is None else {**fields, "run_name": run_name}
        return self._session.post("runs/create", named, lambda answer: _run_of(answer["run"]))

    def get_run(self, run_id: str) -> Run:
        """Read a run, even if it was deleted."""
        return self._session.get("runs/get", {"run_id": run_id}, lambda answer: _run_of(answer["run"]))

    def set_status(self, run_id: str, status: str, end_time: int) -> None:
        """End a run."""
        fields = {"run_id": run_id, "status": status, "end_time": end_time}
        self._session.post("runs/update", fields, _nothing)

    def delete_run(self, run_id: str) -> None:
        """Delete a run; it can be restored."""
        self._session.post("runs/delete", {"run_id": run_id}, _nothing)

    def log_batch(self, run_id: str, batch: Batch, timestamp: int) -> None:
        """Log metrics, params and tags; all metrics have the same timestamp."""
        fields = {
            "run_id": run_id,
            "metrics": [
                {
                    "key": metric.key,
                    "value": json_number(metric.value),
                    "timestamp": timestamp,
                    "step": metric.step,
                }
                for metric in batch.metrics
            ],
            "params": _pairs(batch.params),
            "tags": _pairs(batch.tags),
        }
        self._session.post("runs/log-batch", fields, _nothing)

    def log_dataset(self, run_id: str, dataset: Dataset) -> None:
        """Log a dataset as the input of a run; the same one again changes nothing."""
        context = {"key": "mlflow.data.context", "value": CONTEXT}
        datasets = [{"dataset": dataset._asdict(), "tags": [context]}]
        self._session.post("runs/log-inputs", {"run_id": run_id, "datasets": datasets}, _nothing)

    def metric_history(self, run_id: str, key: str) -> Iterable[tuple[int, float]]:
        """Return step and value of each point of a metric."""
        query: dict[str, str | int] = {"run_id": run_id, "metric_key": key}
        while True:
            points, page = self._session.get("metrics/get-history", query, _history_of)
            yield from points
            if not page:
                return
            query["page_token"] = page

    def upload(self, run: Run, name: str, content: bytes) -> None:
        """Store an artifact of a run, through the server if it can; one of that name is overwritten."""
        if url := proxied_url(run.artifact_uri, self.uri):
            self._session.put(f"{url}/{quote(name)}", content, content_type(name))
            return
        # An object store: by MLflow's code, which knows them all.
        from newsdesk_mlflow.transport.client.artifacts import upload_directly  # noqa: PLC0415

        upload_directly(run.artifact_uri, self.uri, name, content)

    def download(self, run: Run, name: str) -> bytes:
        """Read an artifact of a run, through the server if it can."""
        if url := proxied_url(run.artifact_uri, self.uri):
            return self._session.read(f"{url}/{quote(name)}")
        from newsdesk_mlflow.transport.client.artifacts import download_directly  # noqa: PLC0415  (as above)

        return download_directly(run.artifact_uri, self.uri, name)

    def explained(self, told: ReporterException, error: Exception) -> ReporterException:  # noqa: ARG002  (the protocol's)
        """Return the error as it is."""
        return told

    def close(self) -> None:
        """Close its connections."""
        self._session.close()


def _nothing(_answer: Mapping[str, Any]) -> None:
    """Read nothing from an answer."""


def _page_of(answer: Mapping[str, Any], kind: str, read: Callable[[Mapping[str, Any]], _T]) -> Page[_T]:
    return Page([*map(read, answer.get(kind, ()))], answer.get("next_page_token", ""))


def _experiment_of(fields: Mapping[str, Any]) -> Experiment:
    return Experiment(
        str(fields["experiment_id"]),
        fields.get("name", ""),
        fields.get("artifact_location", ""),
        fields.get("lifecycle_stage", "active") != "active",
    )


def _run_of(fields: Mapping[str, Any]) -> Run:
    info, data = fields["info"], fields.get("data", {})
    return Run(
        info["run_id"],
        str(info["experiment_id"]),
        info["status"],
        int(info.get("start_time", 0)),  # a number; a string, as protobuf writes it, elsewhere
        info.get("artifact_uri", ""),
        _mapping(data.get("tags", ())),
        _mapping(data.get("params", ())),
        info.get("lifecycle_stage") == "deleted",
    )


def _history_of(answer: Mapping[str, Any]) -> tuple[list[tuple[int, float]], str]:
    points = [(int(point.get("step", 0)), float(point["value"])) for point in answer.get("metrics", ())]
    return points, answer.get("next_page_token", "")


def _mapping(pairs: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {pair["key"]: pair.get("value", "") for pair in pairs}


def _pairs(items: Sequence[Any]) -> list[dict[str, str]]:
    return [{"key": item.key, "value": item.value} for item in items]
