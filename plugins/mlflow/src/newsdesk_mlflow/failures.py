"""What goes wrong at MLflow, as newsdesk's errors: worth another try, or not."""

import re
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from newsdesk import PermanentReporterError, ReporterException, TransientReporterError

_LONGEST_MESSAGE = 600
# Up to the last @: a password that was not percent-encoded may hold one, a slash, or a quote.
_USER_INFO = re.compile(r"(?<=://)\S+@")
_MISSING = re.compile(r"(?i)\b(run|experiment)\b.*\b(not found|does not exist)|\bno (run|experiment)\b")
# Two clients insert the same param at once, and the store of the second trips over its own constraint.
_LOST_RACE = re.compile(r"IntegrityError|UniqueViolation|duplicate key|Duplicate entry")
# MLflow's own names for "come again"; a database that is locked or gone is the first of them.
_TRANSIENT_CODES = ("TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED")


class MlflowLoggingError(PermanentReporterError):
    """MLflow refused, or what it takes to reach it is wrong or missing: another try will not help."""


class GoneError(TransientReporterError):
    """The run or the experiment was deleted meanwhile: look again, and make a new one."""


class KeptError(GoneError):
    """The run keeps an artifact that an interrupted delivery left there: give it up, and make a new one."""


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


def retry_after(error: BaseException) -> float | None:
    """Give the seconds that a server asked to wait, in the header Retry-After; None, when it did not."""
    for response in _responses(error):
        # An answer that was cut off before its head had come has no headers.
        if (seconds := seconds_to_wait(response.headers or {})) is not None:
            return seconds
    return None


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Give the seconds of a header Retry-After; None, when there is none, or it is a date."""
    text = str(headers.get("Retry-After") or "")
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d+)?", text) else None


def status_of(error: BaseException) -> int | None:
    """Give the HTTP status of the answer that an error goes back to; None, when there was no answer."""
    for source in (error, *_responses(error)):
        if isinstance(status := getattr(source, "status_code", None), int):
            return status
    return None


def is_transient(error: requests.RequestException) -> bool:
    """Tell whether a request that failed is worth another try."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return _may_pass(error.response.status_code)
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return False
    # A ValueError as well: a URL or a body that is none.
    return not isinstance(error, ValueError | requests.TooManyRedirects)


def without_credentials(text: str) -> str:
    """Give a text without user and password of the URLs in it.

    The user as well, which core leaves in a message: a token may stand in its place.
    """
    return _USER_INFO.sub("***@", text)


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
        return _may_pass(status)
    return not code_of(error) and not isinstance(error, OSError)


def _may_pass(status: int) -> bool:
    return status in (408, 429) or status >= 500  # noqa: PLR2004  (HTTP's own)


def _responses(error: BaseException) -> Iterator[Any]:
    """Give the answers that an error goes back to.

    urllib3 drops the answer when it gives up, and MLflow has no hook for it; but it is still in the frame
    that raised.
    """
    seen: BaseException | None = error
    while seen is not None:
        if hasattr(response := getattr(seen, "response", None), "headers"):
            yield response
        for frame, _ in traceback.walk_tb(seen.__traceback__):
            if hasattr(response := frame.f_locals.get("response"), "headers"):
                yield response
        seen = seen.__cause__ or seen.__context__
