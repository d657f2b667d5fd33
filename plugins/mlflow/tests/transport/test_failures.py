"""What goes wrong at MLflow, as newsdesk's errors."""

import pickle

import pytest
import requests
from mlflow.exceptions import MlflowException, RestException
from mlflow.protos import databricks_pb2 as codes
from newsdesk import PermanentReporterError, TransientReporterError
from newsdesk_mlflow.errors import GoneError, MlflowLoggingError
from newsdesk_mlflow.transport.failures import is_missing, translated


def raised(error, context=None):
    """The error as it comes out of an `except`, with what it stands on."""
    try:
        try:
            if context is not None:
                raise context
        finally:
            raise error
    except (MlflowException, requests.RequestException) as caught:
        return caught


def answer(status):
    response = requests.Response()
    response.status_code = status
    response.headers["Retry-After"] = "7"
    return requests.HTTPError(f"{status}", response=response)


def answered(status, body):
    response = requests.Response()
    response.status_code = status
    response._content = body.encode()
    return requests.HTTPError(f"{status}", response=response)


@pytest.mark.parametrize(
    "error",
    [
        raised(MlflowException("x"), requests.ConnectionError("refused")),
        raised(MlflowException("x"), requests.exceptions.RetryError("too many 500 error responses")),
        raised(MlflowException("x"), requests.ReadTimeout("slow")),
        MlflowException("locked", codes.TEMPORARILY_UNAVAILABLE),
        RestException({"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "slowly"}),
        RestException(
            {"error_code": "BAD_REQUEST", "message": "(sqlite3.IntegrityError) UNIQUE constraint failed"}
        ),
        answer(503),
        answer(429),
        ConnectionResetError("reset"),
        TimeoutError("slow"),
    ],
)
def test_what_may_pass_is_worth_another_try(error):
    translation = translated(error, "log", "http://h")
    assert type(translation) is TransientReporterError
    assert str(translation).startswith(("MLflow at http://h cannot log: ", "cannot connect to http://h: "))


@pytest.mark.parametrize(
    "error",
    [
        RestException(
            {"error_code": "RESOURCE_ALREADY_EXISTS", "message": "Error: (sqlite3.IntegrityError) UNIQUE"}
        ),
        MlflowException("<html>nginx</html>"),
        MlflowException("413 Request Entity Too Large"),
        RestException(
            {"error_code": "INVALID_PARAMETER_VALUE", "message": "Changing param values is not allowed"}
        ),
        RestException({"error_code": "PERMISSION_DENIED", "message": "no"}),
        MlflowException("404", codes.ENDPOINT_NOT_FOUND),
        RestException(
            {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "the requested URL is not on this server"}
        ),
        raised(MlflowException("x"), requests.exceptions.InvalidURL("bad")),
        raised(MlflowException("x"), requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED")),
        answer(403),
        PermissionError("read-only"),
        TypeError("a bug"),
    ],
)
def test_what_will_not_pass_is_permanent(error):
    assert isinstance(translated(error, "log", "http://h"), MlflowLoggingError)


@pytest.mark.parametrize(
    "error",
    [
        RestException(
            {"error_code": "INVALID_PARAMETER_VALUE", "message": "The run 1 must be in the 'active' state."}
        ),
        RestException({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Run with id=1 not found"}),
        MlflowException("No Experiment with id=7 exists", codes.RESOURCE_DOES_NOT_EXIST),
    ],
)
def test_what_was_deleted_is_looked_for_again(error):
    assert type(translated(error, "log", "http://h")) is GoneError


def test_an_unknown_error_of_an_artifact_store_is_worth_another_try_but_not_one_of_the_disk():
    def of(error):
        return translated(error, "store", "http://h", unknown_is_transient=True)

    class S3UploadFailedError(Exception):
        pass

    assert type(of(S3UploadFailedError("slow down"))) is TransientReporterError
    assert type(of(PermissionError(13, "read-only"))) is MlflowLoggingError
    assert isinstance(of(answer(403)), MlflowLoggingError)
    assert type(of(ModuleNotFoundError("No module named 'boto3'"))) is MlflowLoggingError
    assert type(of(MlflowException("no"))) is MlflowLoggingError


def test_the_seconds_that_a_server_asks_to_wait_are_kept():
    assert translated(answer(503), "log", "http://h").retry_after == 7
    assert (
        translated(raised(MlflowException("x"), requests.ConnectionError()), "log", "http://h").retry_after
        is None
    )


def test_no_message_shows_the_credentials_in_a_url():
    error = RestException({"error_code": "BAD_REQUEST", "message": "http://me:hunter2@h/api is wrong"})
    text = str(translated(error, "log", "http://***@h"))
    assert text == "MLflow at http://***@h cannot log: BAD_REQUEST: http://***@h/api is wrong"


def test_a_page_of_html_is_cut_short():
    assert len(str(translated(MlflowException("<p>" * 5000), "log", "http://h"))) < 700


def test_all_of_them_are_newsdesks_and_can_be_pickled():
    assert issubclass(MlflowLoggingError, PermanentReporterError)
    assert issubclass(GoneError, TransientReporterError)
    for error in (MlflowLoggingError("a"), GoneError("b", 3)):
        assert str(pickle.loads(pickle.dumps(error))) == str(error)


class AwsError(Exception):
    """As botocore raises it."""

    response = {"Error": {"Code": "404"}, "ResponseMetadata": {"HTTPStatusCode": 404}}  # noqa: RUF012


class AzureError(Exception):
    """As azure-core raises it."""

    status_code = 404


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "No such file or directory"),
        AwsError("An error occurred"),
        AzureError("The specified blob does not exist."),
        answered(404, '{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No such artifact"}'),
        answered(500, '{"error_code": "INTERNAL_ERROR", "message": "[Errno 2] No such file or directory"}'),
        answered(500, '{"error_code": "INTERNAL_ERROR", "message": "An error occurred (404) when calling"}'),
    ],
)
def test_a_file_is_missing_in_the_words_of_each_store(error):
    assert is_missing(error)


@pytest.mark.parametrize(
    "error",
    [
        None,
        PermissionError(13, "Permission denied"),
        requests.ConnectionError("refused"),
        answered(503, "{}"),
        answered(404, "<html>not found</html>"),
        answered(500, '{"error_code": "INTERNAL_ERROR", "message": "database is locked"}'),
    ],
)
def test_what_cannot_be_read_is_not_missing(error):
    assert not is_missing(error)
