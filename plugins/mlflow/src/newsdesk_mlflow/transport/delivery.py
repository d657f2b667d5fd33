"""Delivers one machine as one run, whatever exists already and whatever other reports run.

Each request is there for a reason. For a new machine they are eight, and seven where the experiment is known
already:

1. look the experiment up, since runs live in one;
2. search it for a run of this model with this revision: finished, there is nothing to do; half-written, it is
   resumed.
   When the experiment was not there, it is made in place of this search;
3. create the run, its tags in the same request, so that the next report finds it after a kill;
4. log params and metrics, mixed: one request, unless they are more than it may hold;
5. log its dataset as the input of the run;
6. store the record as an artifact;
7. search again: MLflow has no unique runs, so a report that finds several goes on only with the first;
8. finish the run: the last thing of all, and so the sign that everything is there.

For an unchanged machine it ends after the second. Where there were several runs, the others are discarded
after that, and not before: a kill in between leaves one run too many instead of none. A last look at
the one that was kept shows whether another report has deleted that one.
"""

import contextlib
import math
from collections.abc import Iterator

from newsdesk import Alteration, Delivery

from newsdesk_mlflow.errors import GoneError, KeptError, RefusedError
from newsdesk_mlflow.mapping.batches import Batch
from newsdesk_mlflow.mapping.items import Tag
from newsdesk_mlflow.mapping.payload import Payload
from newsdesk_mlflow.mapping.tags import REDACTED, run_tags
from newsdesk_mlflow.transport.artifacts import check_library
from newsdesk_mlflow.transport.run import Run, now, user_name
from newsdesk_mlflow.transport.tracking import Tracking

_ROUNDS = 4
_REDACTED_OTHERWISE = (
    "the run is of an earlier report, of which other values were redacted, and a finished run is not "
    "changed; delete the run, and report the machine again"
)


def deliver(tracking: Tracking, payload: Payload) -> Delivery:
    """Deliver a machine as a run, once.

    Raises:
        TransientReporterError: it may work later.
        MlflowLoggingError: it never will work.
    """
    for _ in range(_ROUNDS - 1):
        # Gone: our run or experiment was deleted meanwhile, or another run of the same record is kept. Search
        # again.
        with contextlib.suppress(GoneError):
            return _deliver(tracking, payload)
        tracking.forget(payload.experiment)
    return _deliver(tracking, payload)


def _deliver(tracking: Tracking, payload: Payload) -> Delivery:
    experiment = tracking.experiment(payload.experiment, payload.experiment_tags)
    runs = [] if experiment.is_new else tracking.find_runs(experiment.id, payload.identity)
    usable = [run for run in runs if run.finished or _can_resume(run, payload)]
    for useless in (run for run in runs if run not in usable):
        tracking.discard(useless)
    run = usable[0] if usable else _create(tracking, experiment.id, payload)
    others = usable[1:]
    if not run.finished:
        with failing(tracking, run.id, unless_finished=True):
            _write(tracking, run, payload, resumed=bool(usable))
            others = _settle(tracking, run, payload)
            tracking.finish(run.id, end_time=payload.span and payload.span.ended)
    _discard(tracking, run, others)
    alterations = [*payload.alterations, *tracking.left_out(run, payload.artifacts)]
    if run.finished and not _is_redacted_as(run, payload):
        alterations.append(Alteration("redact", "omitted", _REDACTED_OTHERWISE))
    return Delivery(tracking.reference(run), alterations, unchanged=run.finished)


def _can_resume(run: Run, payload: Payload) -> bool:
    """Tell whether a half-written run takes the rest: params cannot be changed, and limits may have been."""
    wanted = {param.key: param.value for batch in payload.batches for param in batch.params}
    return _is_redacted_as(run, payload) and all(
        wanted.get(key, value) == value for key, value in run.params.items()
    )


def _is_redacted_as(run: Run, payload: Payload) -> bool:
    """Tell whether the same values were redacted of what a run was made for."""
    return {tag for tag in payload.tags if tag.key == REDACTED} == {
        Tag(key, value) for key, value in run.tags.items() if key == REDACTED
    }


def _create(tracking: Tracking, experiment_id: str, payload: Payload) -> Run:
    timestamp = now()
    tags = run_tags(payload.tags, timestamp, user_name())
    began = timestamp if payload.span is None else payload.span.began
    return tracking.create_run(experiment_id, payload.run_name or None, tags, began)


def _write(tracking: Tracking, run: Run, payload: Payload, *, resumed: bool) -> None:
    """Send everything; sent again with the same timestamp it changes nothing."""
    check_library(run.artifact_uri)
    log_batches(tracking, run, payload.batches, resumed=resumed)
    if payload.dataset is not None:
        tracking.log_dataset(run.id, payload.dataset)
    try:
        tracking.upload(run, payload.artifacts)
    except KeptError:
        tracking.discard(run)
        raise


def log_batches(tracking: Tracking, run: Run, batches: list[Batch], *, resumed: bool) -> None:
    """Send items to a run.

    Args:
        tracking: Where to.
        run: The run.
        batches: The items.
        resumed: Whether some of them may be there already.
    """
    present = set()
    if resumed:
        keys = {metric.key for batch in batches for metric in batch.metrics if math.isnan(metric.value)}
        present = tracking.nan_points(run.id, keys)
    for batch in batches:
        missing = [
            metric
            for metric in batch.metrics
            if not (math.isnan(metric.value) and (metric.key, metric.step) in present)
        ]
        tracking.log(run.id, batch._replace(metrics=missing), run.timestamp)


def _settle(tracking: Tracking, run: Run, payload: Payload) -> list[Run]:
    """Agree with everybody else who made a run of the same content on the one to keep, and give the others.

    Raises:
        GoneError: it is not ours.
    """
    runs = tracking.find_runs(run.experiment_id, payload.identity)
    first = runs[0] if runs else run  # a search that lags behind does not see our own yet
    if first.id != run.id and first.precedence < run.precedence:
        raise GoneError(f"another report of the same record kept the run {first.id}; try again")
    return [other for other in runs if other.id != run.id]


def _discard(tracking: Tracking, run: Run, others: list[Run]) -> None:
    """Discard the others of a run that is finished.

    Raises:
        GoneError: somebody else has discarded that one meanwhile, to keep one of the others.
    """
    for other in others:
        tracking.discard(other)
    if others and tracking.get_run(run.id).deleted:
        raise GoneError(f"another report of the same record deleted the run {run.id}; try again")


@contextlib.contextmanager
def failing(tracking: Tracking, run_id: str, *, unless_finished: bool = False) -> Iterator[None]:
    """Mark a run as FAILED when the body raises; whatever that meets is only noted on the first error.

    Args:
        tracking: Where the run is.
        run_id: The run.
        unless_finished: Whether a run stays finished that another report has finished meanwhile.
    """
    try:
        yield
    except (GoneError, RefusedError):  # who is refused asks no more: each try may count towards a lockout
        raise
    except BaseException as error:
        try:
            if not (unless_finished and tracking.get_run(run_id).finished):
                tracking.finish(run_id, "FAILED")
        except Exception as second:  # noqa: BLE001  (the first error is raised, whatever this one is)
            error.add_note(f"and the run {run_id} could not be marked as FAILED: {second}")
        raise
