"""What goes wrong at MLflow, as newsdesk's errors: worth another try, or not."""

import re

import requests
from newsdesk import ReporterException, TransientReporterError

from newsdesk_mlflow.errors import GoneError, MlflowLoggingError
from newsdesk_mlflow.responses import is_transient, is_transient_status, retry_after, status_of
from newsdesk_mlflow.transport.uri import without_credentials

_LONGEST_MESSAGE = 600
_MISSING = re.compile(r"(?i)\b(run|experiment)\b.*\b(not found|does not exist)|\bno (run|experiment)\b")
# Two clients insert the same param at once, and the store of the second trips over its own constraint.
_LOST_RACE = re.compile(r"IntegrityError|UniqueViolation|duplicate key|Duplicate entry")
# MLflow's own names for "come again"; a database that is locked or gone is the first of them.
_TRANSIENT_CODES = ("TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED")


def translated(
    error: Exception, doing: str, where: str, *, unknown_is_transient: bool = False
) -> ReporterException:
    """Give an error of MLflow, or of what it stands on, as one of ours.

    Args:
        error: What was raised.
        doing: What was being done, to go after "cannot".
        where: The tracking URI.
        unknown_is_transient: Whether an error that is none of MLflow's own is worth another try.
    """
    text = without_credentials(f"MLflow at {where} cannot {doing}: {_message(error)}")
    if is_gone(error):
        return GoneError(f"{text}; it was deleted meanwhile")
    cause = _request_failure(error)
    if cause is not None and is_transient(cause):
        return TransientReporterError(
            f"{text}; check that the server runs, and the tracking URI", retry_after(error)
        )
    lost_race = code_of(error) == "BAD_REQUEST" and _LOST_RACE.search(str(error)) is not None
    if lost_race or code_of(error) in _TRANSIENT_CODES or isinstance(error, ConnectionError | TimeoutError):
        return TransientReporterError(text, retry_after(error))
    if cause is None and unknown_is_transient and _unknown_may_pass(error):
        return TransientReporterError(text, retry_after(error))
    # A workspace's login is none of MLflow's, see `auth.refused`.
    if code_of(error) and status_of(error) in (401, 403) and not where.startswith("azureml:"):
        text += (
            "; check who logs in (MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, "
            "MLFLOW_TRACKING_TOKEN, or the tracking URI) and what they may do there"
        )
    return MlflowLoggingError(text)


def code_of(error: BaseException | None) -> str:
    """Give MLflow's code of an error, such as RESOURCE_ALREADY_EXISTS; empty, when there is none."""
    code = getattr(error, "error_code", None)
    return code if isinstance(code, str) else ""


def is_gone(error: BaseException) -> bool:
    """Tell whether MLflow says that a run or experiment is deleted, or was never there."""
    # By its words too: a server that is no MLflow at all answers everything with a 404, which gets the same
    # code.
    missing = code_of(error) == "RESOURCE_DOES_NOT_EXIST" and _MISSING.search(str(error)) is not None
    return missing or (bool(code_of(error)) and "must be in the 'active' state" in str(error))


def _message(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"


def _request_failure(error: BaseException) -> requests.RequestException | None:
    """Give the failed request that an error comes from; MLflow's own code, INTERNAL_ERROR, tells nothing."""
    for link in (error, error.__cause__, error.__context__):
        if isinstance(link, requests.RequestException):
            return link
    return None


def _unknown_may_pass(error: Exception) -> bool:
    """Tell whether an error of whatever a store of artifacts is built on is worth another try."""
    status = status_of(error)
    if status is not None:
        return is_transient_status(status)
    return not code_of(error) and not isinstance(error, OSError)
