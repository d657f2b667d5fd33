"""Artifacts by MLflow's own code."""

import contextlib
import importlib
import inspect
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
from newsdesk import TransientReporterError

from newsdesk_mlflow import auth
from newsdesk_mlflow.errors import KeptError
from newsdesk_mlflow.transport.artifacts import content_type, proxied_url
from newsdesk_mlflow.transport.client.attempt import one_attempt
from newsdesk_mlflow.transport.run import Run
from newsdesk_mlflow.transport.uri import is_azureml

if TYPE_CHECKING:
    from mlflow import MlflowClient


def upload(client: "MlflowClient", run: Run, file: Path) -> None:
    """Store a file as an artifact of a run, by its name; an artifact of that name is overwritten.

    Raises:
        KeptError: AzureML overwrites nothing, and the run has another artifact of that name.
    """
    if is_azureml(run.artifact_uri):
        if not auth.upload(client, run.artifact_uri, file):
            raise KeptError(
                f"the run {run.id} already has another artifact {file.name}, which AzureML cannot overwrite"
            )
        return
    if url := proxied_url(run.artifact_uri, client.tracking_uri):
        # Through the tracking server, at its URL: the client would ask for the run again first, and up to
        # 2.22 would go to the global tracking URI instead of its own.
        _put(url, file)
    else:
        client.log_artifact(run.id, str(file))


def download(client: "MlflowClient", run: Run, name: str) -> bytes:
    """Read an artifact of a run."""
    if is_azureml(run.artifact_uri):
        return auth.download(client, run.artifact_uri, name)
    if url := proxied_url(run.artifact_uri, client.tracking_uri):
        content: bytes = _request(url, name, "GET").content
        return content
    return download_directly(run.artifact_uri, client.tracking_uri, name)


def upload_directly(artifact_uri: str, tracking_uri: str, name: str, content: bytes) -> None:
    """Store an artifact in an object store; one of that name is overwritten."""
    repository = _repository(artifact_uri, tracking_uri)
    with temporary_file(name, content) as file, one_attempt():
        repository.log_artifact(str(file))


def download_directly(artifact_uri: str, tracking_uri: str, name: str) -> bytes:
    """Read an artifact in an object store or a folder."""
    repository = _repository(artifact_uri, tracking_uri)
    with temporary_file(name, b"") as file, one_attempt():
        # Its public method would list a folder first, read in another thread, and hide what went wrong.
        repository._download_file(name, str(file))  # noqa: SLF001  (what every repository implements)
        return file.read_bytes()


def _repository(artifact_uri: str, tracking_uri: str) -> Any:
    registry: Any = importlib.import_module("mlflow.store.artifact.artifact_repository_registry")
    options = (
        {"tracking_uri": tracking_uri} if _takes(registry.get_artifact_repository, "tracking_uri") else {}
    )
    return registry.get_artifact_repository(artifact_uri, **options)


def _takes(function: Any, parameter: str) -> bool:
    return parameter in inspect.signature(function).parameters


def _put(url: str, file: Path) -> None:
    """Send a file to a tracking server that stores artifacts."""
    with file.open("rb") as content:
        headers = {"Content-Type": content_type(file.name)}
        _request(url, file.name, "PUT", data=content, extra_headers=headers)


def _request(url: str, name: str, method: str, **content: Any) -> Any:
    """Ask a tracking server that stores artifacts for one of them.

    The client's own methods take whatever answers, a redirect or a page with status 200 too, for success.

    Raises:
        requests.HTTPError: something else than MLflow has answered, or MLflow has refused.
    """
    # `Any`, since neither has types.
    credentials: Any = importlib.import_module("mlflow.utils.credentials")
    rest: Any = importlib.import_module("mlflow.utils.rest_utils")
    response = rest.http_request(
        credentials.get_default_host_creds(url),
        f"/{quote(name)}",
        method,
        raise_on_status=False,  # so that what it says is kept
        **content,
    )
    if not response.ok or response.is_redirect or "html" in response.headers.get("Content-Type", ""):
        raise requests.HTTPError(f"{response.status_code} for {method} {name}", response=response)
    return response


@contextlib.contextmanager
def temporary_file(name: str, content: bytes) -> Iterator[Path]:
    """Provide a file, in the system's folder for temporary ones: the working folder may be read-only.

    Raises:
        TransientReporterError: that folder is missing, full, or read-only as well.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="newsdesk-"))
            file = Path(folder, name)
            file.write_bytes(content)
        except OSError as error:
            raise TransientReporterError(
                f"the artifact {name} cannot be written to a temporary file, from which MLflow sends it: "
                f"{error}; set TMPDIR to a folder that can be written to and has room"
            ) from error
        yield file
