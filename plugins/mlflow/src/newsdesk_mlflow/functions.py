"""The functions of the project that this one replaces, with their names and meanings."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from newsdesk import Delivery, Machine, TransientReporterError

from newsdesk_mlflow import auth
from newsdesk_mlflow.errors import GoneError, MlflowLoggingError
from newsdesk_mlflow.limits import ServerLimits, limits_for
from newsdesk_mlflow.mapping.batches import batches
from newsdesk_mlflow.mapping.fitting import fit
from newsdesk_mlflow.mapping.items import read_items
from newsdesk_mlflow.mapping.naming.text import fitting_name
from newsdesk_mlflow.mapping.payload import RECORD
from newsdesk_mlflow.mapping.tags import identity, key_tags, run_tags
from newsdesk_mlflow.transport.client.store import ClientStore, entities
from newsdesk_mlflow.transport.connecting import connect_client
from newsdesk_mlflow.transport.delivery import failing, log_batches
from newsdesk_mlflow.transport.run import Run, now, user_name
from newsdesk_mlflow.transport.tracking import Tracking

if TYPE_CHECKING:
    import mlflow.entities
    from mlflow import MlflowClient

_NOTHING: Mapping[str, str] = {}


def epoch_now() -> int:
    """Give the time in milliseconds since 1970."""
    return now()


def get_machine_log_items(
    machine: object, *, per_tag_metrics: bool = False
) -> "tuple[list[mlflow.entities.Metric], list[mlflow.entities.Param]]":
    """Give what a machine has to log, as any MLflow server takes it; all metrics have one timestamp.

    Args:
        machine: A machine, a mapping, or an object with `to_dict()`.
        per_tag_metrics: Whether the scores of single tags are wanted as well.
    """
    fitted = fit(read_items(Machine.of(machine), per_tag_metrics=per_tag_metrics), [], ServerLimits())
    return entities(fitted.metrics, fitted.params, now())


def batch_log_items(
    metrics: "Sequence[mlflow.entities.Metric]",
    params: "Sequence[mlflow.entities.Param]",
    n_max_metrics: int = 200,
    n_max_params: int = 100,
    *,
    n_max_total: int = 1000,
    max_bytes: int = 1_000_000,
) -> list[dict[str, Any]]:
    """Split items into the keyword arguments of as few `log_batch` calls as the limits allow.

    Args:
        metrics: The metrics.
        params: The params.
        n_max_metrics: Metrics in one call.
        n_max_params: Params in one call.
        n_max_total: Both together.
        max_bytes: What the body of one request stays below.

    Raises:
        ItemTooLargeError: an item that fits in no request.
    """
    limits = replace(
        ServerLimits(), metrics=n_max_metrics, params=n_max_params, total=n_max_total, request_bytes=max_bytes
    )
    return [
        {"metrics": batch.metrics, "params": batch.params} for batch in batches(metrics, params, [], limits)
    ]


def get_mlflow_client(
    workspace_kwargs: Mapping[str, str] = _NOTHING, service_principal_kwargs: Mapping[str, str] = _NOTHING
) -> "MlflowClient":
    """Make a client of an AzureML workspace; without one, of where MLflow itself would log to.

    Nothing global is changed.

    Args:
        workspace_kwargs: subscription_id, resource_group, workspace_name.
        service_principal_kwargs: tenant_id, service_principal_id, service_principal_password; without them
            Azure's default credentials are used, which never prompt.

    Raises:
        MlflowLoggingError: a value is missing, or what is needed is not installed.
    """
    if not workspace_kwargs:
        return connect_client(log_in=lambda: auth.log_in(service_principal_kwargs)).client
    login = auth.log_in(service_principal_kwargs)
    return connect_client(auth.workspace_tracking_uri(workspace_kwargs, login), lambda: login).client


def get_run_id(client: "MlflowClient", experiment_name: str, model_key: str) -> str:
    """Get the run of a model in an experiment; make the run, and the experiment, if it does not exist.

    Of several runs the first that is finished is taken, or else the first.
    """
    tracking = Tracking(ClientStore(client))
    name = fitting_name(experiment_name, _limits(tracking).experiment_name_length)
    experiment = tracking.experiment(name)
    wanted = [identity(model_key)]
    runs = [] if experiment.is_new else tracking.find_runs(experiment.id, wanted)
    if runs:
        return runs[0].id
    timestamp = now()
    tags = fit(read_items(Machine("-")), key_tags(model_key), _limits(tracking)).tags
    tagged = run_tags(tags, timestamp, user_name())
    run = tracking.create_run(experiment.id, None, tagged, timestamp)
    return _kept(tracking, run, tracking.find_runs(experiment.id, wanted)).id


def log_machine(client: "MlflowClient", run_id: str, machine: object) -> Delivery:
    """Log a machine's items and its record to a run; done again, it changes nothing.

    Args:
        client: Where to.
        run_id: Which run.
        machine: A machine, a mapping, or an object with `to_dict()`.

    Returns:
        Where the run is, and what had to be altered.

    Raises:
        TransientReporterError: the items cannot be sent now; a retry may succeed.
        MlflowLoggingError: there is no such run, it holds another value of a param, or the record cannot be
            sent. As in the original, that is so whatever the reason; a retry may succeed if the cause is a
            `TransientReporterError`.
    """
    shown = Machine.of(machine).redacted()
    tracking = Tracking(ClientStore(client))
    limits = _limits(tracking)
    fitted = fit(read_items(shown), [], limits)
    try:
        run = tracking.get_run(run_id)
        log_batches(tracking, run, [*batches(fitted.metrics, fitted.params, [], limits)], resumed=True)
        artifacts = {**fitted.artifacts, RECORD: shown.to_json()}
        _upload(tracking, run, artifacts)
    except GoneError as error:
        raise MlflowLoggingError(f"{error}; get a new run with get_run_id") from error
    alterations = [*fitted.alterations, *tracking.left_out(run, artifacts)]
    return Delivery(tracking.reference(run), alterations)


def _upload(tracking: Tracking, run: Run, artifacts: Mapping[str, bytes]) -> None:
    try:
        tracking.upload(run, artifacts)
    except GoneError:
        raise
    except TransientReporterError as error:
        raise MlflowLoggingError(str(error)) from error


@contextlib.contextmanager
def mlflow_context(
    name: str,
    model_key: str | None = None,
    workspace_kwargs: Mapping[str, str] = _NOTHING,
    service_principal_kwargs: Mapping[str, str] = _NOTHING,
) -> "Iterator[tuple[MlflowClient, str]]":
    """Give a client and the id of a run, which ends FINISHED, or FAILED when the body raises.

    Args:
        name: The experiment.
        model_key: Whose run it is; without one it is a new run each time.
        workspace_kwargs: See `get_mlflow_client`.
        service_principal_kwargs: See `get_mlflow_client`.
    """
    client = get_mlflow_client(workspace_kwargs, service_principal_kwargs)
    run_id = get_run_id(client, name, model_key or uuid4().hex)
    tracking = Tracking(ClientStore(client))
    with failing(tracking, run_id):
        yield client, run_id
        tracking.finish(run_id)


def _kept(tracking: Tracking, run: Run, found: list[Run]) -> Run:
    """Give the run that everybody keeps, and discard ours when it is another."""
    first = min([run, *found], key=lambda candidate: candidate.precedence)
    if first.id != run.id:
        tracking.discard(run)
    return first


def _limits(tracking: Tracking) -> ServerLimits:
    return limits_for(None, tracking.uri)
