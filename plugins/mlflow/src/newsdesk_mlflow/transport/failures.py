"""What goes wrong at MLflow, as newsdesk's errors: worth another try, or not."""

import re

import requests
from newsdesk import ReporterException, TransientReporterError

from newsdesk_mlflow.connections import proxy_of, reason_of
from newsdesk_mlflow.errors import GoneError, MlflowLoggingError, RefusedError
from newsdesk_mlflow.responses import (
    Answer,
    answer_of,
    is_transient_status,
    retry_after,
    seconds_to_wait,
    status_of,
)
from newsdesk_mlflow.transport.uri import without_credentials

_LONGEST_MESSAGE = 600
_MISSING = re.compile(r"(?i)\b(run|experiment)\b.*\b(not found|does not exist)|\bno (run|experiment)\b")
# Two clients insert the same param at once, and the store of the second trips over its own constraint.
_LOST_RACE = re.compile(r"IntegrityError|UniqueViolation|duplicate key|Duplicate entry")
# MLflow's own names for "come again"; a database that is locked or gone is the first of them.
_TRANSIENT_CODES = ("TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED")
# What MLflow says at length, in short.
_SHORTER = (
    (
        re.compile("got unsupported URI|could not be found for the URI"),
        "there is no store for this scheme; use http://, https:// or sqlite:///",
    ),
    (
        re.compile("filesystem tracking backend .* maintenance mode"),
        "MLflow 3 keeps runs in a folder only with MLFLOW_ALLOW_FILE_STORE=true; set that, or use sqlite:///FILE",
    ),
    (
        re.compile("Databricks credential configuration failed"),
        "no credentials for Databricks; install databricks-sdk, and set DATABRICKS_HOST and DATABRICKS_TOKEN",
    ),
)
# What MLflow's client puts before any error of a request.
_WRAPPED = re.compile(r"^API request to \S+ failed with exception ")
_NOT_FOUND, _NOT_ALLOWED, _TOO_LARGE, _MULTIPLE = 404, 405, 413, 300
# In the words of nginx and Go, with status 400.
_WANTS_TLS = re.compile(r"(?i)plain http request was sent to https|http request to an https server")
# Of a file, in the words of systems, S3, Azure and Google: servers up to 2.22 answer so with status 500.
_NO_FILE = re.compile(
    r"\[Errno 2\]|No such artifact|NoSuchKey|\(404\)|BlobNotFound|No such object|404 (GET|HEAD)\b"
)
_REFUSED = {
    401: "check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
    403: "check what this user may do there",
    407: "check the login in HTTP_PROXY",
}
"""What to check, by status, where the login was refused."""


def translated(
    error: Exception, doing: str, where: str, *, unknown_is_transient: bool = False
) -> ReporterException:
    """Give an error of MLflow, or of a library that it uses, as one of ours.

    Args:
        error: What was raised.
        doing: What was being done, to go after "cannot".
        where: The tracking URI, without credentials.
        unknown_is_transient: Whether an error that is not MLflow's own is worth another try.
    """
    text = f"MLflow at {where} cannot {doing}"
    if is_gone(error):
        return GoneError(
            without_credentials(f"{text}: {_message(error)}; it was deleted during the delivery")
        )
    answer, failure = answer_of(error), _request_failure(error)
    if answer is not None:
        is_of_api = isinstance(error, requests.HTTPError) or type(error).__module__.startswith("mlflow.")
        if (told := _of_answer(answer, text, where, is_of_api=is_of_api)) is not None:
            return told
    if answer is None and failure is not None:
        return _of_connection(failure, text, where)
    text = without_credentials(f"{text}: {_message(error)}")
    is_unknown = not code_of(error) and not isinstance(error, OSError | ImportError)
    if _may_pass(error) or (answer is None and unknown_is_transient and is_unknown):
        return TransientReporterError(text, retry_after(error))
    return MlflowLoggingError(f"{text}; install it here" if isinstance(error, ImportError) else text)


def code_of(error: BaseException | None) -> str:
    """Give MLflow's code of an error, such as RESOURCE_ALREADY_EXISTS; empty, when there is none."""
    code = getattr(error, "error_code", None)
    return code if isinstance(code, str) else ""


def is_missing(error: BaseException | None) -> bool:
    """Tell whether a file does not exist that was asked for, whichever store keeps it."""
    answer = None if error is None else answer_of(error)
    if error is None or (answer is not None and answer.is_page):  # of somebody else
        return False
    told = getattr(error, "response", None)
    of_aws = told.get("ResponseMetadata", {}).get("HTTPStatusCode") if isinstance(told, dict) else None
    is_said = code_of(error) == "RESOURCE_DOES_NOT_EXIST" or isinstance(error, FileNotFoundError)
    text = str(error) if answer is None else answer.body
    return is_said or _NOT_FOUND in (of_aws, status_of(error)) or _NO_FILE.search(text) is not None


def is_gone(error: BaseException) -> bool:
    """Tell whether MLflow says that a run or experiment is deleted, or does not exist."""
    # By its words too: a server that is not MLflow answers everything with a 404, which gets the same code.
    missing = code_of(error) == "RESOURCE_DOES_NOT_EXIST" and _MISSING.search(str(error)) is not None
    return missing or (bool(code_of(error)) and "must be in the 'active' state" in str(error))


def _may_pass(error: Exception) -> bool:
    lost_race = code_of(error) == "BAD_REQUEST" and _LOST_RACE.search(str(error)) is not None
    is_network = isinstance(error, ConnectionError | TimeoutError)
    return lost_race or is_network or code_of(error) in _TRANSIENT_CODES


def _of_answer(answer: Answer, text: str, where: str, *, is_of_api: bool) -> ReporterException | None:
    """Give the error for an answer; None, when what MLflow says of it counts and not its status.

    Args:
        answer: The answer.
        text: What could not be done.
        where: The tracking URI, without credentials.
        is_of_api: Whether it was asked for by MLflow's API, and not by another library.
    """
    if reason := _wrong_address(answer, text, where):
        return MlflowLoggingError(reason)
    said = f"{text}: {answer.summary}{f': {answer.quote}' if answer.quote else ''}"
    if answer.status in _REFUSED:
        # A workspace's login is not MLflow's, see `auth.refused`.
        remedy = "" if where.startswith("azureml:") else f"; {_REFUSED[answer.status]}"
        return RefusedError(without_credentials(f"{said}{remedy}"))
    if is_transient_status(answer.status):
        return TransientReporterError(without_credentials(said), seconds_to_wait(answer.headers))
    if answer.is_page:
        limit = "; raise the limit of the proxy in between, such as nginx's client_max_body_size"
        return MlflowLoggingError(f"{said}{limit if answer.status == _TOO_LARGE else ''}")
    return None if answer.is_of_mlflow or not is_of_api else MlflowLoggingError(without_credentials(said))


def _wrong_address(answer: Answer, text: str, where: str) -> str:
    """Say what is wrong with the address, where an answer shows that; empty, when it does not."""
    page = " with a web page" if answer.is_page else ""
    not_mlflow = answer.status in (_NOT_FOUND, _NOT_ALLOWED) and not answer.is_of_mlflow
    is_portal = answer.is_page and answer.status < _MULTIPLE
    cases = (
        (
            answer.redirected_to,
            f"MLflow at {where} redirects to {answer.redirected_to} ({answer.status}); use that address as "
            "the tracking URI",
        ),
        (_WANTS_TLS.search(answer.body), f"cannot connect to {where}: the server speaks TLS; use https://"),
        (
            "--no-serve-artifacts" in answer.body,
            f"{text}: the server was started with --no-serve-artifacts; start it without",
        ),
        (
            not_mlflow or is_portal,
            f"there is no MLflow at {where}: {answer.summary}{page}; check host, path and sign-in",
        ),
    )
    return next((reason for applies, reason in cases if applies), "")


def _of_connection(failure: requests.RequestException, text: str, where: str) -> ReporterException:
    reason = reason_of(failure)
    via = f" (via the proxy {proxy})" if (proxy := proxy_of(where)) else ""
    kind = TransientReporterError if reason.may_pass else MlflowLoggingError
    what = text if reason.is_connected else f"cannot connect to {where}"
    return kind(without_credentials(f"{what}{via}: {reason.text}"))


def _message(error: Exception) -> str:
    text = " ".join(_WRAPPED.sub("", str(error)).split()) or type(error).__name__
    text = next((short for pattern, short in _SHORTER if pattern.search(text)), text)
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"


def _request_failure(error: BaseException) -> requests.RequestException | None:
    """Give the failed request that an error comes from: MLflow's code for all is INTERNAL_ERROR."""
    for link in (error, error.__cause__, error.__context__):
        if isinstance(link, requests.RequestException):
            return link
    return None
