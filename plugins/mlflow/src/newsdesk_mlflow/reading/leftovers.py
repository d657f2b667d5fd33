"""Runs that never ended: of gordo, which leaves them RUNNING, and of deliveries that nobody resumes."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from newsdesk_mlflow.mapping.batches import Batch
from newsdesk_mlflow.mapping.items import Tag
from newsdesk_mlflow.mapping.tags import MACHINE, MODEL_KEY, REVISION
from newsdesk_mlflow.reading.search import together
from newsdesk_mlflow.transport.run import Run
from newsdesk_mlflow.transport.tracking import Tracking

AGE = 24 * 60 * 60
"""Seconds after which a run that is still RUNNING counts as left over: a report takes minutes."""
ENDED = "newsdesk.ended"
"""The tag of a run that was ended here; its value says why."""
_SHOWN = 3
"""Runs that a message names."""


class Leftovers:
    """The runs of one MLflow that were left in the state RUNNING.

    Only runs with the tag `model_key` are considered, which gordo and newsdesk set. A run of a delivery of
    newsdesk is resumed when the same record is reported again, so it is left over only if a later run of its
    machine has finished.

    Args:
        tracking: The server or database.
        ordered: Whether its searches filter by status, and order by tags.
    """

    def __init__(self, tracking: Tracking, *, ordered: bool = True) -> None:
        self._tracking = tracking
        self._ordered = ordered

    def find(self) -> list[Run]:
        """Return the runs, oldest first.

        Raises:
            ReporterException: the server does not answer.
        """
        oldest = (time.time() - AGE) * 1000
        running = (run for run in self._running() if run.timestamp < oldest)
        left = [run for run in running if REVISION not in run.tags or self._superseded(run)]
        return sorted(left, key=lambda run: run.timestamp)

    def end(self, runs: Sequence[Run]) -> str:
        """End runs as FAILED, each with a tag that says why; return what was done.

        Raises:
            ReporterException: the server does not answer, or refuses.
        """
        ended = 0
        for run in runs:
            if self._tracking.get_run(run.id).status != "RUNNING":  # it ended meanwhile
                continue
            why = Tag(ENDED, f"it was RUNNING since {_date(run)} and never ended")
            self._tracking.log(run.id, Batch([], [], [why]), run.timestamp)
            self._tracking.finish(run.id, "FAILED")
            ended += 1
        return f"{ended} of {len(runs)} runs ended as FAILED, with the tag {ENDED}"

    def _running(self) -> Iterator[Run]:
        for part in together(self._tracking.experiments(ordered=self._ordered)):
            ids = [experiment.id for experiment in part]
            yield from self._tracking.runs(ids, status="RUNNING", having=MODEL_KEY, ordered=self._ordered)

    def _superseded(self, run: Run) -> bool:
        """Tell whether a later run of the same machine has finished."""
        same = [Tag(MACHINE, run.tags.get(MACHINE, ""))]
        finished = self._tracking.runs([run.experiment_id], same, ordered=self._ordered)
        return any(other.timestamp > run.timestamp for other in finished)


def describe(runs: Sequence[Run]) -> str:
    """Return what to tell of runs that are left over."""
    shown = ", ".join(run.id for run in runs[:_SHOWN])
    more = f" and {len(runs) - _SHOWN} more" if len(runs) > _SHOWN else ""
    what = "1 run never ended: it has" if len(runs) == 1 else f"{len(runs)} runs never ended: they have"
    return f"{what} been RUNNING since {_date(runs[0])} or later ({shown}{more})"


def _date(run: Run) -> str:
    return datetime.fromtimestamp(run.timestamp / 1000, UTC).strftime("%Y-%m-%d")
