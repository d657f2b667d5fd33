"""MLflow through its own client."""

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from newsdesk import ReporterException

from newsdesk_mlflow import auth
from newsdesk_mlflow.mapping.batches import Batch
from newsdesk_mlflow.mapping.pages.dataset import CONTEXT, Dataset
from newsdesk_mlflow.transport.calls import calls
from newsdesk_mlflow.transport.client.artifacts import download, temporary_file, upload
from newsdesk_mlflow.transport.client.attempt import one_attempt
from newsdesk_mlflow.transport.client.databases import check_database
from newsdesk_mlflow.transport.run import Experiment, Run
from newsdesk_mlflow.transport.store import PAGE, Page, RunSearch
from newsdesk_mlflow.transport.uri import artifact_location, check_installed, is_azureml

if TYPE_CHECKING:
    import mlflow.entities
    from mlflow import MlflowClient


class ClientStore:
    """Any server or database that MLflow's client can reach."""

    def __init__(self, client: "MlflowClient") -> None:
        self.client = client
        self.uri: str = client.tracking_uri

    @classmethod
    def connect(cls, uri: str, log_in: Callable[[], auth.Login]) -> "ClientStore":
        """Make a client; nothing global is changed.

        Args:
            uri: The tracking URI.
            log_in: Gives the login, if it is an AzureML workspace.

        Raises:
            MlflowLoggingError: it needs what is not installed, or is not that of a store.
        """
        check_installed(uri)
        check_database(uri)
        with calls("connect", uri), one_attempt():
            from mlflow import MlflowClient  # noqa: PLC0415  (seconds, which other stores need not wait for)

            if is_azureml(uri):
                uri = auth.hand_over(uri, log_in())
            return cls(MlflowClient(tracking_uri=uri))

    @property
    def workspace(self) -> str:
        """The workspace of a server that its requests name; empty if none."""
        try:
            context: Any = importlib.import_module("mlflow.utils.workspace_context")
        except ImportError:  # a client that knows no workspaces, and sends none
            return ""
        return context.get_request_workspace() or ""

    def attempt(self) -> AbstractContextManager[None]:
        """Make the calls in the body once each, and print nothing."""
        return one_attempt()

    def find_experiment(self, name: str) -> Experiment | None:
        """Find an experiment, even if it was deleted; None if there is none of that name."""
        found = self.client.get_experiment_by_name(name)
        if found is None:
            return None
        return _experiment_of(found)

    def create_experiment(self, name: str, tags: Mapping[str, str]) -> str:
        """Create an experiment with its tags, and return its id."""
        return self.client.create_experiment(name, artifact_location(self.uri), dict(tags))

    def restore_experiment(self, experiment_id: str) -> None:
        """Restore a deleted experiment."""
        self.client.restore_experiment(experiment_id)

    def artifact_root(self) -> str | None:
        """Return the artifact root of the first experiment; None if there are no experiments."""
        found = self.client.search_experiments(max_results=1)
        return found[0].artifact_location if found else None

    def search_experiments(self, order: Sequence[str], token: str = "") -> Page[Experiment]:
        """Return experiments, deleted ones too: the first, or those that a page's token stands for."""
        from mlflow.entities import ViewType  # noqa: PLC0415  (as above)

        found = self.client.search_experiments(
            ViewType.ALL, max_results=PAGE, order_by=[*order], page_token=token or None
        )
        return Page([*map(_experiment_of, found)], found.token or "")

    def search_runs(self, search: RunSearch, token: str = "") -> Page[Run]:
        """Return runs: the first, or those that a page's token stands for."""
        from mlflow.entities import ViewType  # noqa: PLC0415  (as above)

        found = self.client.search_runs(
            [*search.experiment_ids],
            search.condition,
            ViewType.ALL if search.deleted else ViewType.ACTIVE_ONLY,
            search.most,
            [search.order],
            token or None,
        )
        return Page([*map(run_of, found)], found.token or "")

    def create_run(
        self, experiment_id: str, run_name: str | None, tags: Mapping[str, str], start_time: int
    ) -> Run:
        """Create a run with its tags."""
        return run_of(
            self.client.create_run(experiment_id, start_time=start_time, tags=dict(tags), run_name=run_name)
        )

    def get_run(self, run_id: str) -> Run:
        """Read a run, even if it was deleted."""
        return run_of(self.client.get_run(run_id))

    def set_status(self, run_id: str, status: str, end_time: int) -> None:
        """End a run.

        By its store: the client itself would ask for the run once more, and print two lines of it.
        """
        from mlflow.entities import RunStatus  # noqa: PLC0415  (as above)

        self._store.update_run_info(run_id, RunStatus.from_string(status), end_time, None)

    def delete_run(self, run_id: str) -> None:
        """Delete a run; it can be restored."""
        self.client.delete_run(run_id)

    def log_batch(self, run_id: str, batch: Batch, timestamp: int) -> None:
        """Log metrics, params and tags; all metrics have the same timestamp."""
        from mlflow.entities import RunTag  # noqa: PLC0415  (as above)

        metrics, params = entities(batch.metrics, batch.params, timestamp)
        tags = [RunTag(tag.key, tag.value) for tag in batch.tags]
        # By its store: the client itself would add the model that the user has made the active one.
        self._store.log_batch(run_id, metrics=metrics, params=params, tags=tags)

    def log_dataset(self, run_id: str, dataset: Dataset) -> None:
        """Log a dataset as the input of a run; the same one again changes nothing."""
        from mlflow import entities as mlflow  # noqa: PLC0415  (as above)

        context = mlflow.InputTag("mlflow.data.context", CONTEXT)
        logged = mlflow.DatasetInput(mlflow.Dataset(**dataset._asdict()), [context])
        self._store.log_inputs(run_id, datasets=[logged])

    def metric_history(self, run_id: str, key: str) -> Iterable[tuple[int, float]]:
        """Return step and value of each point of a metric."""
        return [(point.step, point.value) for point in self.client.get_metric_history(run_id, key)]

    def upload(self, run: Run, name: str, content: bytes) -> None:
        """Store an artifact of a run; one of that name is overwritten.

        Raises:
            KeptError: AzureML overwrites nothing, and the run has another artifact of that name.
        """
        with temporary_file(name, content) as file:
            upload(self.client, run, file)

    def download(self, run: Run, name: str) -> bytes:
        """Read an artifact of a run."""
        return download(self.client, run, name)

    def explained(self, told: ReporterException, error: Exception) -> ReporterException:
        """Let a workspace that refuses a token get another one at the next try."""
        return auth.refused(self.client, told, error) if is_azureml(self.uri) else told

    def close(self) -> None:
        """Do nothing: MLflow keeps its connections for the whole process."""

    @property
    def _store(self) -> Any:
        return self.client._tracking_client.store  # noqa: SLF001  (no public way)


def import_client() -> str:
    """Import what a delivery uses of MLflow, which takes seconds, and give its default tracking URI."""
    with calls("be imported", "its default tracking URI"), one_attempt():
        mlflow: Any = importlib.import_module("mlflow")
        importlib.import_module("mlflow.store.artifact.mlflow_artifacts_repo")
        return str(mlflow.get_tracking_uri())


def _experiment_of(found: "mlflow.entities.Experiment") -> Experiment:
    return Experiment(
        found.experiment_id, found.name, found.artifact_location, found.lifecycle_stage != "active"
    )


def run_of(run: "mlflow.entities.Run") -> Run:
    """Give what is known of a run of MLflow's own."""
    info = run.info
    return Run(
        info.run_id,
        info.experiment_id,
        info.status,
        info.start_time,
        info.artifact_uri,
        run.data.tags,
        run.data.params,
        info.lifecycle_stage == "deleted",
    )


def entities(
    metrics: Sequence[Any], params: Sequence[Any], timestamp: int
) -> "tuple[list[mlflow.entities.Metric], list[mlflow.entities.Param]]":
    """Give items as MLflow's own."""
    from mlflow.entities import Metric, Param  # noqa: PLC0415  (as above)

    return (
        [Metric(metric.key, metric.value, timestamp, metric.step) for metric in metrics],
        [Param(param.key, param.value) for param in params],
    )
