"""Experiments, runs and batches of one MLflow; the errors of its store become ours here."""

import contextlib
import logging
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import quote

import requests
from newsdesk import Alteration, DeliveryError

from newsdesk_mlflow.errors import GoneError, MlflowLoggingError, RefusedError
from newsdesk_mlflow.mapping.batches import Batch
from newsdesk_mlflow.mapping.items import Tag
from newsdesk_mlflow.mapping.pages.dataset import Dataset
from newsdesk_mlflow.mapping.tags import REVISION, TIMESTAMP
from newsdesk_mlflow.refusal import Refusal
from newsdesk_mlflow.responses import status_of
from newsdesk_mlflow.transport.artifacts import check_library, left_out
from newsdesk_mlflow.transport.calls import calls
from newsdesk_mlflow.transport.failures import code_of, is_missing
from newsdesk_mlflow.transport.logins import refusal_of
from newsdesk_mlflow.transport.run import Experiment, Run, now
from newsdesk_mlflow.transport.store import PAGE, Page, RunSearch, Store
from newsdesk_mlflow.transport.uri import is_azureml, is_server, store_address, without_credentials

_VERSION_SECONDS = 10
_VERSION_LENGTH = 40  # anything longer is not a version


_log = logging.getLogger(__name__)
_NO_SUCH_CALL = (requests.codes.not_found, requests.codes.not_allowed, requests.codes.not_implemented)
_BY_START = "attributes.start_time DESC"
_BY_REPORT = f"tags.{TIMESTAMP} DESC"

_T = TypeVar("_T")


class Tracking:
    """One MLflow server or database."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.uri = store.uri
        self._experiments: dict[str, Experiment] = {}
        self._takes_inputs = True

    def close(self) -> None:
        """Close its connections."""
        self.store.close()

    # Experiments

    def experiment(self, name: str, tags: Mapping[str, str] = MappingProxyType({})) -> Experiment:
        """Find an experiment, make it, or restore it when it was deleted; any number may do so at once.

        Args:
            name: Its name.
            tags: What it is made with.
        """
        if name in self._experiments:
            return self._experiments[name]
        find, create = self._find_experiment, self._create_experiment
        known = find(name) or create(name, tags) or find(name)
        if known is None:
            raise GoneError(
                f"MLflow at {self.shown} has no experiment {name!r}, and cannot create it; try again"
            )
        if not known.is_new:
            check_library(known.artifact_root)  # before a run is made that could not be completed
            self._restore(known, name)
        self._experiments[name] = known._replace(is_new=False)
        return known

    def active_experiment(self, name: str) -> list[Experiment]:
        """Find an experiment by its name; none if it does not exist or was deleted."""
        found = self._find_experiment(name)
        return [] if found is None or found.deleted else [found]

    def experiments(self, *, ordered: bool = True) -> Iterator[Experiment]:
        """Yield all that are not deleted, page by page; ordered, so that none changes its page meanwhile."""
        order = ["experiment_id ASC"] if ordered else []
        ask = partial(self.store.search_experiments, order)
        yield from (found for found in self._pages("list its experiments", ask) if not found.deleted)

    def forget(self, name: str) -> None:
        """Look an experiment up again the next time."""
        self._experiments.pop(name, None)

    def _find_experiment(self, name: str) -> Experiment | None:
        with self._calls(f"look up the experiment {name!r}"):
            return self.store.find_experiment(name)

    def _create_experiment(self, name: str, tags: Mapping[str, str]) -> Experiment | None:
        """Make an experiment; None, when somebody else has just made it."""
        try:
            with self._calls(f"create the experiment {name!r}"):
                return Experiment(self.store.create_experiment(name, tags), is_new=True)
        except MlflowLoggingError as error:
            if code_of(error.__cause__) != "RESOURCE_ALREADY_EXISTS":
                raise
        return None

    def _restore(self, experiment: Experiment, name: str) -> None:
        if not experiment.deleted:
            return
        # Gone: somebody else has restored it just now.
        with contextlib.suppress(GoneError), self._calls(f"restore the experiment {name!r}"):
            self.store.restore_experiment(experiment.id)

    # Runs

    def find_runs(self, experiment_id: str, tags: Collection[Tag]) -> list[Run]:
        """Give the runs that carry these tags, whose values a search filter can hold, by precedence."""
        with self._calls("search its runs"):
            found = self.store.search_runs(RunSearch((experiment_id,), _condition(tags))).found
        return sorted((run for run in found if run.carries(tags)), key=lambda run: run.precedence)

    def runs(
        self,
        experiment_ids: Sequence[str],
        tags: Collection[Tag] = (),
        *,
        status: str = "FINISHED",
        having: str = REVISION,
        ordered: bool = True,
    ) -> Iterator[Run]:
        """Yield all runs of a status that carry some tags and have another one, the last report first.

        They are read page by page; deleted ones too, so that one that is deleted meanwhile shifts no page.
        Where a search orders by start time only, runs begin with their report.
        """
        search = RunSearch(experiment_ids, _condition(tags), _BY_START, deleted=True, most=PAGE)
        if ordered:
            # A tag that is there is not empty: a filter has no other way to ask for it.
            condition = f"attributes.status = '{status}' and tags.{having} != ''"
            both = " and ".join(filter(None, (search.condition, condition)))
            search = search._replace(condition=both, order=_BY_REPORT)
        for run in self._pages("search its runs", partial(self.store.search_runs, search)):
            if run.status == status and not run.deleted and having in run.tags and run.carries(tags):
                yield run

    def _pages(self, doing: str, ask: Callable[[str], Page[_T]]) -> Iterator[_T]:
        token = ""
        while True:
            with self._calls(doing):
                page = ask(token)
            yield from page.found
            token = page.token
            if not token:
                return

    def get_run(self, run_id: str) -> Run:
        """Read a run."""
        with self._calls(f"read the run {run_id}"):
            return self.store.get_run(run_id)

    def create_run(
        self, experiment_id: str, run_name: str | None, tags: Mapping[str, str], start_time: int
    ) -> Run:
        """Begin a run, with its tags in the same request: one that is cut off after it can be found again."""
        with self._calls("create a run"):
            return self.store.create_run(experiment_id, run_name, tags, start_time)

    def finish(self, run_id: str, status: str = "FINISHED", end_time: int | None = None) -> None:
        """End a run; by default now, and not at another time in milliseconds since 1970."""
        with self._calls(f"set the run {run_id} to {status}"):
            self.store.set_status(run_id, status, now() if end_time is None else end_time)

    def discard(self, run: Run) -> None:
        """Delete a run that another one makes superfluous; it can be restored, and is not left as running."""
        # Gone: the other side has discarded it as well.
        with contextlib.suppress(GoneError):
            if not run.finished:
                self.finish(run.id, "FAILED")
            with self._calls(f"delete the superfluous run {run.id}"):
                self.store.delete_run(run.id)

    # Content

    def log(self, run_id: str, batch: Batch, timestamp: int) -> None:
        """Send one request of items."""
        with self._calls(f"log to the run {run_id}"):
            self.store.log_batch(run_id, batch, timestamp)

    def log_dataset(self, run_id: str, dataset: Dataset) -> None:
        """Log a dataset as the input of a run, unless the server knows none: the record has it anyway."""
        if not self._takes_inputs:
            return
        try:
            with self._calls(f"log the dataset of the run {run_id}"):
                self.store.log_dataset(run_id, dataset)
        except MlflowLoggingError as error:
            cause = error.__cause__ or error
            if status_of(cause) not in _NO_SUCH_CALL and code_of(cause) != "ENDPOINT_NOT_FOUND":
                raise
            self._takes_inputs = False
            _log.warning("%s takes no datasets as inputs of runs; they are in the record only", self.shown)

    def nan_points(self, run_id: str, keys: Collection[str]) -> set[tuple[str, int]]:
        """Give (key, step) of each not-a-number of a run: servers up to 2.22 refuse the same one again."""
        points: set[tuple[str, int]] = set()
        for key in keys:
            with self._calls(f"read the metric {key!r} of the run {run_id}"):
                history = [*self.store.metric_history(run_id, key)]
            points.update((key, step) for step, value in history if math.isnan(value))
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
            with self._calls(f"store the artifact {name}", unknown_is_transient=True):
                self.store.upload(run, name, content)

    def download(self, run: Run, name: str) -> bytes:
        """Read an artifact of a finished run.

        Raises:
            TransientReporterError: it cannot be read now.
            MlflowLoggingError: it does not exist, or cannot be read from here.
        """
        missing = f"the run {self.reference(run)} has no artifact {name}"
        if self.left_out(run, [name]):
            raise MlflowLoggingError(
                f"{missing}: the server names the folder {run.artifact_uri} for artifacts, which only it can "
                "read; report the machine to a new experiment of a server with --artifacts-destination"
            )
        check_library(run.artifact_uri)
        try:
            with self._calls(f"read the artifact {name}", unknown_is_transient=True):
                return self.store.download(run, name)
        except DeliveryError as error:
            if not is_missing(error.__cause__):
                raise
            raise MlflowLoggingError(
                f"{missing} any more; delete the run, and report the machine again"
            ) from error

    def left_out(self, run: Run, artifacts: Iterable[str]) -> list[Alteration]:
        """Give an alteration for each artifact that would stay on this disk; see `artifacts.left_out`."""
        return left_out(self.uri, run, artifacts)

    def ping(self) -> None:
        """Ask for one experiment."""
        self.artifact_root()

    def artifact_root(self) -> str | None:
        """Return the artifact root of the first experiment; None if there are no experiments."""
        with self._calls("list its experiments"):
            return self.store.artifact_root()

    def server_version(self) -> str | None:
        """Return the server's version; None if there is no server, or it is unknown."""
        if not is_server(self.uri):
            return None
        with contextlib.suppress(requests.RequestException):
            answer = requests.get(f"{self.uri.rstrip('/')}/version", timeout=_VERSION_SECONDS)
            return answer.text.strip() if answer.ok and len(answer.text) < _VERSION_LENGTH else None
        return None

    def reference(self, run: Run) -> str:
        """Give the address of a run's page; for a store without a server, the store and the run in it."""
        path = f"#/experiments/{run.experiment_id}/runs/{run.id}"
        if is_server(self.uri):
            name = self.store.workspace
            query = f"?workspace={quote(name, safe='')}" if name else ""  # as MLflow's own links have it
            return f"{without_credentials(self.uri.rstrip('/'))}/{path}{query}"
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
        refine, transient = self.store.explained, unknown_is_transient
        try:
            translated = calls(doing, self.shown, unknown_is_transient=transient, refine=refine)
            with translated, self.store.attempt():
                yield
        except RefusedError as error:
            if status_of(error.__cause__ or error) == requests.codes.unauthorized:
                refusal.note(error)
            raise


def _condition(tags: Collection[Tag]) -> str:
    """Return the filter for runs with these tags; their keys need no quoting, and AzureML has none."""
    return " and ".join(f"tags.{tag.key} = '{tag.value}'" for tag in tags)
