"""The record of a run."""

from newsdesk import Machine, MachineError

from newsdesk_mlflow.errors import MlflowLoggingError
from newsdesk_mlflow.mapping.payload import RECORD
from newsdesk_mlflow.mapping.tags import REVISION
from newsdesk_mlflow.transport.run import Run
from newsdesk_mlflow.transport.tracking import Tracking


def read_record(tracking: Tracking, run: Run) -> Machine:
    """Read the record of a finished run.

    Raises:
        TransientReporterError: it cannot be read now.
        MlflowLoggingError: it cannot be read, or is not what was reported.
    """
    content = tracking.download(run, RECORD)
    where = f"the artifact {RECORD} of the run {tracking.reference(run)}"
    remedy = "it was replaced; delete the run, and report the machine again"
    try:
        machine = Machine.from_json(content)
    except MachineError as error:
        raise MlflowLoggingError(f"{where} is not a record: {error}; {remedy}") from error
    expected = run.tags.get(REVISION)
    if machine.revision != expected:
        raise MlflowLoggingError(
            f"{where} has the revision {machine.revision}, but the run has {expected}: {remedy}"
        )
    return machine
