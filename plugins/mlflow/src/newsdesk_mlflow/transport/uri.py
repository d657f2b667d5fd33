"""What a tracking URI tells: which kind of place it is, what that needs, and where its artifacts are."""

import importlib.util
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from newsdesk_mlflow import auth
from newsdesk_mlflow.errors import MlflowLoggingError

# Up to the last @: a password that was not percent-encoded may hold one, a slash, or a quote.
_USER_INFO = re.compile(r"(?<=://)\S+@")
_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")


def is_azureml(uri: str) -> bool:
    """Tell whether it is an AzureML workspace; so it is with the URI of an artifact."""
    return urlsplit(uri).scheme == "azureml"


def check_installed(uri: str) -> None:
    """See to it that what a tracking URI needs is installed.

    Raises:
        MlflowLoggingError: it is not; with what to install.
    """
    scheme = urlsplit(uri).scheme.partition("+")[0]
    missing = [name for name in ("sqlalchemy", "alembic") if importlib.util.find_spec(name) is None]
    if scheme in _DATABASES and missing:
        raise MlflowLoggingError(
            f"the tracking URI {without_credentials(uri)!r} is a database, and mlflow-skinny opens "
            f"none (there is no {' and no '.join(missing)}): pip install 'newsdesk-mlflow[local]', or give a "
            "server's URI"
        )
    if is_azureml(uri):
        auth.check_installed()


def without_credentials(text: str) -> str:
    """Give a text without user and password of the URLs in it.

    The user as well, which core leaves in a message: a token may stand in its place.
    """
    return _USER_INFO.sub("***@", text)


def artifact_location(tracking_uri: str) -> str | None:
    """Give the place of a new experiment's artifacts: beside a SQLite file, or else what the server has.

    MLflow itself would put them into `mlruns` of the working folder, wherever that is at the time.
    """
    scheme, _, path = tracking_uri.partition(":///")
    file = path.partition("?")[0]
    if scheme.partition("+")[0] != "sqlite" or file in ("", ":memory:"):
        return None
    return Path(os.path.abspath(file)).with_name("mlartifacts").as_uri()  # noqa: PTH100  (resolve() would follow links)
