"""Runs that never ended: of gordo, which leaves them RUNNING, and of deliveries that nobody resumes."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from newsdesk_mlflow.mapping.tags import MACHINE, MODEL_KEY, REVISION
from newsdesk_mlflow.transport.calls import calls
from newsdesk_mlflow.transport.client.store import ClientStore, run_of
from newsdesk_mlflow.transport.run import Run
from newsdesk_mlflow.transport.uri import without_credentials

if TYPE_CHECKING:
    from mlflow import MlflowClient

AGE = 24 * 60 * 60
"""Seconds after its start from which on a run that is RUNNING counts as left over: a report takes minutes."""
ENDED = "newsdesk.ended"
"""The tag of a run that was ended here; its value says why."""
_SHOWN = 3
"""Runs that a message names."""
_TOGETHER = 100
"""Experiments in one search."""
_PAGE = 1000
"""Experiments or runs in one answer: the most that MLflow gives."""


class Leftovers:
    """The runs of one MLflow that were left in the state RUNNING.

    Only runs with the tag `model_key` are considered, which gordo and newsdesk set. A run of a delivery of
    newsdesk is resumed when the same record is reported again, so it is left over only if a later run of its
    machine has finished.
    """

    def __init__(self, store: ClientStore) -> None:
        self._store = store
        self._client: MlflowClient = store.client
        self._shown = without_credentials(store.uri)

    def find(self) -> list[Run]:
        """Return the runs, oldest first.

        Raises:
            ReporterException: the server does not answer.
        """
        oldest = (time.time() - AGE) * 1000
        with calls("search runs that are still RUNNING", self._shown), self._store.attempt():
            running = [run for run in self._running() if MODEL_KEY in run.tags and run.start_time < oldest]
            left = [run for run in running if REVISION not in run.tags or self._superseded(run)]
        return sorted(left, key=lambda run: run.start_time)

    def end(self, runs: Sequence[Run]) -> str:
        """End runs as FAILED, each with a tag that says why; return what was done.

        Raises:
            ReporterException: the server does not answer, or refuses.
        """
        ended = 0
        for run in runs:
            with calls(f"end the run {run.id}", self._shown), self._store.attempt():
                if self._store.get_run(run.id).status != "RUNNING":  # it ended meanwhile
                    continue
                self._client.set_tag(run.id, ENDED, f"it was RUNNING since {_date(run)} and never ended")
                self._store.set_status(run.id, "FAILED")
                ended += 1
        return f"{ended} of {len(runs)} runs ended as FAILED, with the tag {ENDED}"

    def _running(self) -> Iterator[Run]:
        experiments = [found.experiment_id for found in _pages(self._client.search_experiments)]
        for start in range(0, len(experiments), _TOGETHER):
            part = experiments[start : start + _TOGETHER]
            condition = {"experiment_ids": part, "filter_string": "attributes.status = 'RUNNING'"}
            yield from map(run_of, _pages(self._client.search_runs, **condition))

    def _superseded(self, run: Run) -> bool:
        """Tell whether a later run of the same machine has finished."""
        condition = f"tags.`{MACHINE}` = '{run.tags.get(MACHINE, '')}' and attributes.status = 'FINISHED'"
        found = _pages(self._client.search_runs, experiment_ids=[run.experiment_id], filter_string=condition)
        return any(run_of(other).start_time > run.start_time for other in found)


def describe(runs: Sequence[Run]) -> str:
    """Return what to tell of runs that are left over."""
    shown = ", ".join(run.id for run in runs[:_SHOWN])
    more = f" and {len(runs) - _SHOWN} more" if len(runs) > _SHOWN else ""
    what = "1 run never ended: it has" if len(runs) == 1 else f"{len(runs)} runs never ended: they have"
    return f"{what} been RUNNING since {_date(runs[0])} or later ({shown}{more})"


def _date(run: Run) -> str:
    return datetime.fromtimestamp(run.start_time / 1000, UTC).strftime("%Y-%m-%d")


def _pages(search: Any, **options: Any) -> Iterator[Any]:
    """Return what a paged search of MLflow's client finds."""
    token = None
    while True:
        page = search(**options, max_results=_PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return
