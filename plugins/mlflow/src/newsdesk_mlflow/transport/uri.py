"""What a tracking URI says: which kind of store it names, what that needs, and where its artifacts are."""

import contextlib
import importlib.util
import os
import re
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

from newsdesk_mlflow import auth
from newsdesk_mlflow.errors import MlflowLoggingError

# Up to the last @: a password that was not percent-encoded may hold one, a slash, or a quote.
_USER_INFO = re.compile(r"(?<=://)\S+@")
_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
_SERVERS = ("http", "https")
_SQLALCHEMY_WITHOUT_IT = (2, 1)
_IMPORTED_NAME = re.compile(r"^    FallbackAsyncAdaptedQueuePool,$", re.MULTILINE)
"""As the releases have it that need it; later ones import it within a function, if it exists."""
_WORDS = ("databricks", "databricks-uc", "uc")
"""What MLflow takes for a store by its name alone."""
_HOST_AND_PORT = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+):\d{1,5}(?:[/?#].*)?")
# A folder is written so, or without a dot: `runs`, `runs/2026`. So is "databricks".
_PATH = re.compile(r"[./~\\].*|[A-Za-z]:[\\/].*|(?!localhost(?:/|$))[^.:@/]+(?:/[^:@]*)?")


def is_azureml(uri: str) -> bool:
    """Tell whether it is an AzureML workspace; so it is with the URI of an artifact."""
    return urlsplit(uri).scheme == "azureml"


def is_folder(uri: str) -> bool:
    """Tell whether it is a folder on the disk of the process that opens it."""
    scheme = urlsplit(uri).scheme
    return (scheme in ("", "file") and uri not in _WORDS) or len(scheme) == 1  # a drive of Windows


def is_local_store(uri: str) -> bool:
    """Tell whether it is a store on this machine's disk: a SQLite file, or a folder."""
    return is_folder(uri) or urlsplit(uri).scheme.partition("+")[0] == "sqlite"


def is_server(uri: str) -> bool:
    """Tell whether it is an MLflow server, asked over HTTP."""
    return urlsplit(uri).scheme in _SERVERS


def uri_problem(uri: str) -> str | None:
    """Say what is wrong with a tracking URI as it is written; None, when nothing is.

    MLflow takes a server's address without a scheme for a folder of that name, and writes there.
    """
    if not uri.strip():
        return "is empty; leave it out to use MLflow's default"
    if uri != uri.strip():
        return "begins or ends with white space; remove it"
    if "://" not in uri:
        return _problem_without_scheme(uri)
    try:
        parts = urlsplit(uri)
        complete = parts.scheme not in _SERVERS or (parts.port != 0 and bool(parts.hostname))
    except ValueError:  # a port that is not a number, half of an IPv6 address
        complete = False
    if complete:
        return None
    secret = ", with special characters of a password percent-encoded" if "@" in uri else ""
    return f"is not a valid URL; write http://HOST:PORT{secret}"


def _problem_without_scheme(uri: str) -> str | None:
    shown = uri.rpartition("@")[2].lstrip("/")  # what is before it may be a password
    scheme, colon, rest = uri.partition(":")
    if colon and scheme.lower() in _SERVERS:
        return f"lacks the slashes after {scheme!r}; write {scheme}://HOST:PORT"
    if _HOST_AND_PORT.fullmatch(shown) or "@" in uri or uri.startswith("//"):
        return f"lacks a scheme; write 'http://{shown}' or 'https://{shown}'"
    if (colon and rest) or _PATH.fullmatch(uri):
        return None  # a folder, or what a plugin of MLflow takes, such as file:mlruns
    return f"lacks a scheme; write 'http://{shown}' for a server, './{shown}' for a folder"


def check_installed(uri: str) -> None:
    """Check that what a tracking URI needs is installed.

    Raises:
        MlflowLoggingError: it is not; with what to install.
    """
    scheme = urlsplit(uri).scheme.partition("+")[0]
    missing = [name for name in ("sqlalchemy", "alembic") if importlib.util.find_spec(name) is None]
    if scheme in _DATABASES and missing:
        raise MlflowLoggingError(
            f"the tracking URI {without_credentials(uri)!r} is a database, which mlflow-skinny cannot open "
            f"without {' and '.join(missing)}: pip install 'newsdesk-mlflow[local]', or use a server's URI"
        )
    if scheme in _DATABASES:
        check_sqlalchemy(without_credentials(uri))
    if is_azureml(uri):
        auth.check_installed()


def check_sqlalchemy(opened: str) -> None:
    """Check that the installed MLflow works with the installed SQLAlchemy; neither is imported.

    SQLAlchemy 2.1 removed a name that older releases of MLflow import, whose requirements admit 2.1.

    Args:
        opened: What is to be opened, for the message.

    Raises:
        MlflowLoggingError: it does not; with what to install.
    """
    version = metadata.version("sqlalchemy")
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < _SQLALCHEMY_WITHOUT_IT:
        return
    module = metadata.distribution("mlflow-skinny").locate_file("mlflow/store/db/utils.py")
    with contextlib.suppress(OSError):  # an installation that keeps its files elsewhere
        if _IMPORTED_NAME.search(Path(str(module)).read_text(encoding="utf-8")):
            raise MlflowLoggingError(
                f"MLflow {metadata.version('mlflow-skinny')} cannot open {opened} with SQLAlchemy {version}, "
                "only with older ones: pip install 'sqlalchemy<2.1'"
            )


def without_credentials(text: str) -> str:
    """Give a text without user and password of the URLs in it.

    The user name is removed too, since it may be a token.
    """
    return _USER_INFO.sub("***@", text)


def artifact_location(tracking_uri: str) -> str | None:
    """Return where a new experiment keeps its artifacts: next to a SQLite file, or else the server's default.

    MLflow itself would put them into `mlruns` of the working folder, wherever that is at the time.
    """
    file = _sqlite_file(tracking_uri)
    return None if file is None else file.with_name("mlartifacts").as_uri()


def store_address(tracking_uri: str) -> str:
    """Give a store's URI as a receipt has it: absolute, and without credentials, options and login number."""
    file = _sqlite_file(tracking_uri)
    if file is not None:
        return f"{tracking_uri.partition(':')[0]}:///{file}"
    if is_folder(tracking_uri):
        folder = tracking_uri.removeprefix("file:").removeprefix("//")
        return tracking_uri if tracking_uri.startswith("file:///") else _absolute(folder).as_uri()
    return without_credentials(re.split(r"[?#]", tracking_uri)[0])


def _sqlite_file(tracking_uri: str) -> Path | None:
    scheme, _, path = tracking_uri.partition(":///")
    file = path.partition("?")[0]
    if scheme.partition("+")[0] != "sqlite" or file in ("", ":memory:"):
        return None
    return _absolute(file)


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  (resolve() would follow links)
