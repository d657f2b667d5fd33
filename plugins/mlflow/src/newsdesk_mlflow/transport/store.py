"""The calls that a delivery makes, whichever way they reach MLflow."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Generic, NamedTuple, Protocol, TypeVar

from newsdesk import ReporterException

from newsdesk_mlflow.mapping.batches import Batch
from newsdesk_mlflow.mapping.pages.dataset import Dataset
from newsdesk_mlflow.transport.run import Experiment, Run

PAGE = 1000
"""The most experiments or runs of one answer: the default of MLflow, which every flavour gives."""
FOUND_RUNS = 100
"""The runs of one search for a known machine."""

_T = TypeVar("_T")


class Page(NamedTuple, Generic[_T]):
    """A part of what was found."""

    found: list[_T]
    token: str = ""
    """What the next part is asked for with; empty after the last one."""


class RunSearch(NamedTuple):
    """What runs are searched for."""

    experiment_ids: Sequence[str]
    condition: str
    order: str = "attributes.start_time ASC"
    deleted: bool = False
    """Whether deleted runs are given as well."""
    most: int = FOUND_RUNS
    """The runs of one page."""


class Store(Protocol):
    """One MLflow server or database; each call is one attempt, and raises what its library raises."""

    uri: str
    """The tracking URI."""

    @property
    def workspace(self) -> str:
        """The workspace of a server that its requests name; empty if none."""

    def attempt(self) -> AbstractContextManager[None]:
        """Make the calls in the body once each, and print nothing."""

    def find_experiment(self, name: str) -> Experiment | None:
        """Find an experiment, even if it was deleted; None if there is none of that name."""

    def create_experiment(self, name: str, tags: Mapping[str, str]) -> str:
        """Create an experiment with its tags, and return its id."""

    def restore_experiment(self, experiment_id: str) -> None:
        """Restore a deleted experiment."""

    def artifact_root(self) -> str | None:
        """Return the artifact root of the first experiment; None if there are no experiments."""

    def search_experiments(self, order: Sequence[str], token: str = "") -> Page[Experiment]:
        """Return experiments, deleted ones too: the first, or those that a page's token stands for."""

    def search_runs(self, search: RunSearch, token: str = "") -> Page[Run]:
        """Return runs: the first, or those that a page's token stands for."""

    def create_run(
        self, experiment_id: str, run_name: str | None, tags: Mapping[str, str], start_time: int
    ) -> Run:
        """Create a run with its tags."""

    def get_run(self, run_id: str) -> Run:
        """Read a run, even if it was deleted."""

    def set_status(self, run_id: str, status: str, end_time: int) -> None:
        """End a run."""

    def delete_run(self, run_id: str) -> None:
        """Delete a run; it can be restored."""

    def log_batch(self, run_id: str, batch: Batch, timestamp: int) -> None:
        """Log metrics, params and tags; all metrics have the same timestamp."""

    def log_dataset(self, run_id: str, dataset: Dataset) -> None:
        """Log a dataset as the input of a run; the same one again changes nothing."""

    def metric_history(self, run_id: str, key: str) -> Iterable[tuple[int, float]]:
        """Return step and value of each point of a metric."""

    def upload(self, run: Run, name: str, content: bytes) -> None:
        """Store an artifact of a run; one of that name is overwritten.

        Raises:
            KeptError: it cannot be overwritten.
        """

    def download(self, run: Run, name: str) -> bytes:
        """Read an artifact of a run."""

    def explained(self, told: ReporterException, error: Exception) -> ReporterException:
        """Return the error to raise, given ours and the original: the store may know more."""

    def close(self) -> None:
        """Close its connections."""
