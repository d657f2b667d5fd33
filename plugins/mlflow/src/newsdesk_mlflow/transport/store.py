"""The calls that a delivery makes, whichever way they reach MLflow."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from newsdesk import ReporterException

from newsdesk_mlflow.mapping.batches import Batch
from newsdesk_mlflow.transport.run import Experiment, Run

FOUND_RUNS = 100
"""The runs of one search."""


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

    def create_experiment(self, name: str) -> str:
        """Create an experiment, and return its id."""

    def restore_experiment(self, experiment_id: str) -> None:
        """Restore a deleted experiment."""

    def artifact_root(self) -> str | None:
        """Return the artifact root of the first experiment; None if there are no experiments."""

    def search_runs(self, experiment_id: str, condition: str) -> list[Run]:
        """Return the first active runs of an experiment that meet a condition, oldest first."""

    def create_run(
        self, experiment_id: str, run_name: str | None, tags: Mapping[str, str], timestamp: int
    ) -> Run:
        """Create a run with its tags."""

    def get_run(self, run_id: str) -> Run:
        """Read a run, even if it was deleted."""

    def set_status(self, run_id: str, status: str) -> None:
        """End a run."""

    def delete_run(self, run_id: str) -> None:
        """Delete a run; it can be restored."""

    def log_batch(self, run_id: str, batch: Batch, timestamp: int) -> None:
        """Log metrics, params and tags; all metrics have the same timestamp."""

    def metric_history(self, run_id: str, key: str) -> Iterable[tuple[int, float]]:
        """Return step and value of each point of a metric."""

    def upload(self, run: Run, name: str, content: bytes) -> None:
        """Store an artifact of a run; one of that name is overwritten.

        Raises:
            KeptError: it cannot be overwritten.
        """

    def explained(self, told: ReporterException, error: Exception) -> ReporterException:
        """Return the error to raise, given ours and the original: the store may know more."""

    def close(self) -> None:
        """Close its connections."""
