"""The names of attributes, and the attributes of what newsdesk tells; of machines, on spans only."""

from collections.abc import Mapping

from newsdesk import Attempt, Receipt, Status

MACHINE = "newsdesk.machine.name"
PROJECT = "newsdesk.machine.project"
REVISION = "newsdesk.machine.revision"
REPORTER = "newsdesk.reporter"
STATUS = "newsdesk.status"
ATTEMPT = "newsdesk.attempt.number"
ATTEMPTS = "newsdesk.attempts"
ALTERATIONS = "newsdesk.alterations"
REFERENCE = "newsdesk.reference"
ERROR = "error.type"
"""OpenTelemetry's own name: https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/."""

Attributes = Mapping[str, str | int]


def of_machine(subject: Attempt | Receipt) -> Attributes:
    """Return which machine it is, and at which reporter."""
    return {
        MACHINE: subject.machine.name,
        PROJECT: subject.machine.project_name,
        REVISION: subject.revision,
        REPORTER: subject.reporter,
    }


def of_receipt(receipt: Receipt) -> Attributes:
    """Return what became of a delivery, in few different values."""
    return {REPORTER: receipt.reporter, STATUS: str(receipt.status), **of_error(failure(receipt))}


def failure(receipt: Receipt) -> Exception | None:
    """Return the error of a delivery that failed; of a skipped or superseded one, it only says why."""
    return receipt.error if receipt.status in (Status.FAILED, Status.SPOOLED) else None


def of_error(error: Exception | None) -> Attributes:
    """Return the kind of an error."""
    if error is None:
        return {}
    kind = type(error)
    return {
        ERROR: kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    }
