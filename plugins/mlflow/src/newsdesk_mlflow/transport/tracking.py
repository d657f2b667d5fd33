"""Experiments, runs and batches, as MLflow's client has them; its errors become ours here."""

import contextlib
import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
from newsdesk import Alteration, ReporterException

from newsdesk_mlflow import auth
from newsdesk_mlflow.errors import GoneError, MlflowLoggingError, RefusedError
from newsdesk_mlflow.mapping.batches import Batch
from newsdesk_mlflow.mapping.items import Tag
from newsdesk_mlflow.refusal import Refusal
from newsdesk_mlflow.responses import status_of
from newsdesk_mlflow.transport.artifacts import check_library, left_out, store, temporary_file
from newsdesk_mlflow.transport.calls import calls
from newsdesk_mlflow.transport.databases import check_database
from newsdesk_mlflow.transport.failures import code_of
from newsdesk_mlflow.transport.logins import check_login, refusal_of
from newsdesk_mlflow.transport.run import Experiment, Run, run_of
from newsdesk_mlflow.transport.uri import (
    artifact_location,
    check_installed,
    is_azureml,
    is_server,
    store_address,
    uri_problem,
    without_credentials,
)

if TYPE_CHECKING:
    import mlflow.entities
    from mlflow import MlflowClient

_FOUND_RUNS = 100
_VERSION_SECONDS = 10
_VERSION_LENGTH = 40  # anything longer is not a version


class Tracking:
    """One MLflow server or database."""

    def __init__(self, client: "MlflowClient") -> None:
        self.client = client
        self.uri: str = client.tracking_uri
        self._experiments: dict[str, str] = {}

    @classmethod
    def connect(
        cls,
        tracking_uri: str | None = None,
        log_in: Callable[[], auth.Login] = auth.log_in,
        *,
        needs_workspace: bool = False,
    ) -> "Tracking":
        """Make a client; nothing global is changed.

        Args:
            tracking_uri: Where to; None is where MLflow itself would log to, by MLFLOW_TRACKING_URI or
                `mlflow.set_tracking_uri`.
            log_in: Gives the login, if it is an AzureML workspace.
            needs_workspace: Whether it must be one.

        Raises:
            MlflowLoggingError: the URI is wrong, or needs what is not installed.
        """
        with calls("connect", tracking_uri or "its default tracking URI"):
            import mlflow  # noqa: PLC0415  (seconds, which listing a reporter's parameters need not wait for)

            uri = mlflow.get_tracking_uri() if tracking_uri is None else tracking_uri
        if problem := uri_problem(uri):
            name = "MLFLOW_TRACKING_URI" if tracking_uri is None else "tracking_uri"
            raise MlflowLoggingError(f"{name} {problem}")
        if needs_workspace and not is_azureml(uri):
            raise MlflowLoggingError(auth.NO_WORKSPACE)
        check_installed(uri)
        check_database(uri)
        if is_server(uri):
            check_login()
        with calls("connect", uri):
            if is_azureml(uri):
                uri = auth.hand_over(uri, log_in())
            return cls(mlflow.MlflowClient(tracking_uri=uri))

    # Experiments

    def experiment(self, name: str) -> Experiment:
        """Find an experiment, make it, or restore it when it was deleted; any number may do so at once."""
        if name in self._experiments:
            return Experiment(self._experiments[name], is_new=False)
        found = self._experiment_by_name(name)
        new_id = self._create_experiment(name) if found is None else None
        if new_id is None:
            found = found or self._experiment_by_name(name)
            if found is None:
                raise GoneError(
                    f"MLflow at {self.shown} has no experiment {name!r}, and cannot create it; try again"
                )
            check_library(found.artifact_location)  # before a run is made that could not be completed
            self._restore(found)
        experiment_id = new_id or found.experiment_id  # type: ignore[union-attr]  # one of them is there
        self._experiments[name] = experiment_id
        return Experiment(experiment_id, is_new=new_id is not None)

    def experiment_id(self, name: str) -> str | None:
        """Find an experiment; None if it does not exist or was deleted."""
        found = self._experiment_by_name(name)
        return None if found is None or found.lifecycle_stage != "active" else found.experiment_id

    def forget(self, name: str) -> None:
        """Look an experiment up again the next time."""
        self._experiments.pop(name, None)

    def _experiment_by_name(self, name: str) -> "mlflow.entities.Experiment | None":
        with self._calls(f"look up the experiment {name!r}"):
            return self.client.get_experiment_by_name(name)

    def _create_experiment(self, name: str) -> str | None:
        """Give the id of a new experiment; None, when somebody else has just made it."""
        try:
            with self._calls(f"create the experiment {name!r}"):
                return self.client.create_experiment(name, artifact_location=artifact_location(self.uri))
        except MlflowLoggingError as error:
            if code_of(error.__cause__) != "RESOURCE_ALREADY_EXISTS":
                raise
        return None

    def _restore(self, experiment: "mlflow.entities.Experiment") -> None:
        if experiment.lifecycle_stage == "active":
            return
        # Gone: somebody else has restored it just now.
        with contextlib.suppress(GoneError), self._calls(f"restore the experiment {experiment.name!r}"):
            self.client.restore_experiment(experiment.experiment_id)

    # Runs

    def find_runs(self, experiment_id: str, tags: Collection[Tag]) -> list[Run]:
        """Give the runs that carry these tags, whose values a search filter can hold, by precedence."""
        # The keys need no quoting, and AzureML has none.
        condition = " and ".join(f"tags.{tag.key} = '{tag.value}'" for tag in tags)
        with self._calls("search its runs"):
            found = self.client.search_runs(
                [experiment_id], condition, max_results=_FOUND_RUNS, order_by=["attributes.start_time ASC"]
            )
        # Some stores compare without regard to case.
        runs = [run for run in map(run_of, found) if all(run.tags.get(tag.key) == tag.value for tag in tags)]
        return sorted(runs, key=lambda run: run.precedence)

    def get_run(self, run_id: str) -> Run:
        """Read a run."""
        with self._calls(f"read the run {run_id}"):
            return run_of(self.client.get_run(run_id))

    def create_run(
        self, experiment_id: str, run_name: str | None, tags: Mapping[str, str], timestamp: int
    ) -> Run:
        """Begin a run, with its tags in the same request: one that is cut off after it can be found again."""
        with self._calls("create a run"):
            run = self.client.create_run(
                experiment_id, start_time=timestamp, tags=dict(tags), run_name=run_name
            )
        return run_of(run)

    def finish(self, run_id: str, status: str = "FINISHED") -> None:
        """End a run."""
        with self._calls(f"set the run {run_id} to {status}"):
            from mlflow import environment_variables  # noqa: PLC0415  (as above)

            if hasattr(environment_variables, "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"):
                self.client.set_terminated(run_id, status)
            else:
                _finish_quietly(self.client, run_id, status)

    def discard(self, run: Run) -> None:
        """Delete a run that another one makes superfluous; it can be restored, and is not left as running."""
        # Gone: the other side has discarded it as well.
        with contextlib.suppress(GoneError):
            if not run.finished:
                self.finish(run.id, "FAILED")
            with self._calls(f"delete the superfluous run {run.id}"):
                self.client.delete_run(run.id)

    # Content

    def log(self, run_id: str, batch: Batch, timestamp: int) -> None:
        """Send one request of items."""
        metrics, params = entities(batch.metrics, batch.params, timestamp)
        with self._calls(f"log to the run {run_id}"):
            from mlflow.entities import RunTag  # noqa: PLC0415  (as above)

            tags = [RunTag(tag.key, tag.value) for tag in batch.tags]
            if is_azureml(self.uri):
                # The client would add the model that the user has made the active one; there are none there.
                auth.log_batch(self.client, run_id, metrics=metrics, params=params, tags=tags)
            else:
                self.client.log_batch(run_id, metrics=metrics, params=params, tags=tags)

    def nan_points(self, run_id: str, keys: Collection[str]) -> set[tuple[str, int]]:
        """Give (key, step) of each not-a-number of a run: servers up to 2.22 refuse the same one again."""
        points: set[tuple[str, int]] = set()
        for key in keys:
            with self._calls(f"read the metric {key!r} of the run {run_id}"):
                history = self.client.get_metric_history(run_id, key)
            points.update((key, point.step) for point in history if math.isnan(point.value))
        return points

    def upload(self, run: Run, artifacts: Mapping[str, bytes]) -> None:
        """Store artifacts by name, but those that are left out; those that exist are overwritten.

        Raises:
            KeptError: AzureML overwrites nothing, and the run has another artifact of that name.
        """
        if self.left_out(run, artifacts):
            return
        for name, content in artifacts.items():
            # Whatever the store is built on, S3, Azure or a disk, raises its own errors.
            doing = self._calls(f"store the artifact {name}", unknown_is_transient=True)
            with temporary_file(name, content) as file, doing:
                store(self.client, self.uri, run, file)

    def left_out(self, run: Run, artifacts: Iterable[str]) -> list[Alteration]:
        """Give an alteration for each artifact that would stay on this disk; see `artifacts.left_out`."""
        return left_out(self.uri, run, artifacts)

    def ping(self) -> None:
        """Ask for one experiment."""
        self.artifact_root()

    def artifact_root(self) -> str | None:
        """Return the artifact root of the first experiment; None if there are no experiments."""
        with self._calls("list its experiments"):
            found = self.client.search_experiments(max_results=1)
        return found[0].artifact_location if found else None

    def server_version(self) -> str | None:
        """Return the server's version; None if there is no server, or it is unknown."""
        if not is_server(self.uri):
            return None
        # Not through the client, which asks for it only in its own commands.
        with contextlib.suppress(requests.RequestException):
            answer = requests.get(f"{self.uri.rstrip('/')}/version", timeout=_VERSION_SECONDS)
            return answer.text.strip() if answer.ok and len(answer.text) < _VERSION_LENGTH else None
        return None

    def reference(self, run: Run) -> str:
        """Give the address of a run's page; for a store without a server, the store and the run in it."""
        path = f"#/experiments/{run.experiment_id}/runs/{run.id}"
        if is_server(self.uri):
            return f"{without_credentials(self.uri.rstrip('/'))}/{path}{_workspace_query()}"
        return f"{store_address(self.uri)}{path}"

    @property
    def shown(self) -> str:
        """Its URI as messages have it: without credentials, and without the number of a login."""
        uri, _, _ = self.uri.partition("#") if is_azureml(self.uri) else (self.uri, "", "")
        return without_credentials(uri)

    @contextlib.contextmanager
    def _calls(self, doing: str, *, unknown_is_transient: bool = False) -> Iterator[None]:
        refusal = refusal_of(self.uri) if is_server(self.uri) else Refusal()
        refusal.check()
        try:
            with calls(doing, self.shown, unknown_is_transient=unknown_is_transient, refine=self._refine):
                yield
        except RefusedError as error:
            if status_of(error.__cause__ or error) == requests.codes.unauthorized:
                refusal.note(error)
            raise

    def _refine(self, told: ReporterException, error: Exception) -> ReporterException:
        """Let a workspace that refuses a token get another one at the next try."""
        return auth.refused(self.client, told, error) if is_azureml(self.uri) else told


def import_client() -> str:
    """Import what a delivery uses of MLflow, which takes seconds, and give its default tracking URI."""
    with calls("be imported", "its default tracking URI"):
        import mlflow.store.artifact.mlflow_artifacts_repo  # noqa: PLC0415  (that is what this is for)

        return mlflow.get_tracking_uri()


def entities(
    metrics: Sequence[Any], params: Sequence[Any], timestamp: int
) -> "tuple[list[mlflow.entities.Metric], list[mlflow.entities.Param]]":
    """Give items as MLflow's own."""
    from mlflow.entities import Metric, Param  # noqa: PLC0415  (as above)

    return (
        [Metric(metric.key, metric.value, timestamp, metric.step) for metric in metrics],
        [Param(param.key, param.value) for param in params],
    )


def _workspace_query() -> str:
    """Give what a run's page needs where MLflow's client names a workspace, as its own links have it."""
    try:
        from mlflow.utils.workspace_context import get_request_workspace  # noqa: PLC0415  (as above)
    except ImportError:  # a client that knows no workspaces, and sends none
        return ""
    name = get_request_workspace()
    return f"?workspace={quote(name, safe='')}" if name else ""


def _finish_quietly(client: "MlflowClient", run_id: str, status: str) -> None:
    """End a run by a client of before 3: those ask for it once more, to print two lines to the output."""
    from mlflow.entities import RunStatus  # noqa: PLC0415  (as above)

    store: Any = client._tracking_client.store  # noqa: SLF001  (no public way, and those releases stay as they are)
    store.update_run_info(run_id, RunStatus.from_string(status), time.time_ns() // 1_000_000, None)
