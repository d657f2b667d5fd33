"""Where the artifacts of a run go, and whether they get there from here."""

import contextlib
import importlib
import importlib.util
import mimetypes
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import requests
from newsdesk import Alteration, TransientReporterError

from newsdesk_mlflow import auth
from newsdesk_mlflow.errors import KeptError, MlflowLoggingError
from newsdesk_mlflow.transport.run import Run
from newsdesk_mlflow.transport.uri import is_azureml, is_folder, is_local_store, without_credentials

if TYPE_CHECKING:
    from mlflow import MlflowClient

SERVE_ARTIFACTS = (
    "start the server with --artifacts-destination and without --default-artifact-root, and report to a new "
    "experiment: one that exists keeps its folder"
)
"""What to do where artifacts would stay on the disk of the client."""
# By scheme: what MLflow's client imports to write there, and the distribution that brings it.
_LIBRARIES = {
    **dict.fromkeys(("s3", "r2", "b2"), ("boto3", "boto3")),
    "gs": ("google.cloud.storage", "google-cloud-storage"),
    "wasbs": ("azure.storage.blob", "azure-storage-blob"),
    "abfss": ("azure.storage.filedatalake", "azure-storage-file-datalake"),
    "sftp": ("pysftp", "pysftp"),
    **dict.fromkeys(("hdfs", "viewfs"), ("pyarrow", "pyarrow")),
}


def stays_here(tracking_uri: str, artifact_uri: str) -> bool:
    """Tell whether MLflow's client would write artifacts to its own disk, while runs are kept elsewhere.

    So it is with a server that was started with a folder as its root for artifacts. A client cannot know
    whether it mounts the same folder.
    """
    return bool(artifact_uri) and is_folder(artifact_uri) and not is_local_store(tracking_uri)


def left_out(tracking_uri: str, run: Run, names: Iterable[str]) -> list[Alteration]:
    """Give an alteration for each artifact that is not stored, since it would stay on this disk."""
    if not stays_here(tracking_uri, run.artifact_uri):
        return []
    detail = (
        f"not stored: MLflow's client would write it to its own disk, since the server names the folder "
        f"{run.artifact_uri} for artifacts; {SERVE_ARTIFACTS}"
    )
    return [Alteration(name, "omitted", detail) for name in names]


def missing_library(artifact_uri: str) -> str | None:
    """Give the distribution that MLflow's client needs to write there; None, when it is installed."""
    module, distribution = _LIBRARIES.get(urlsplit(artifact_uri).scheme, ("", ""))
    return None if not module or _is_importable(module) else distribution


def check_library(artifact_uri: str) -> None:
    """Check that what MLflow's client needs to write there is installed.

    Raises:
        MlflowLoggingError: it is not; with what to install.
    """
    if distribution := missing_library(artifact_uri):
        raise MlflowLoggingError(
            f"artifacts go to {without_credentials(artifact_uri)}, which needs {distribution} here: "
            f"pip install {distribution}"
        )


def store(client: "MlflowClient", tracking_uri: str, run: Run, file: Path) -> None:
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
    if urlsplit(run.artifact_uri).scheme != "mlflow-artifacts":
        client.log_artifact(run.id, str(file))
        return
    # Through the tracking server, at its URL: the client would ask for the run again first, and up to
    # 2.22 would go to the global tracking URI instead of its own.
    from mlflow.store.artifact.mlflow_artifacts_repo import MlflowArtifactsRepository  # noqa: PLC0415

    repository: Any = MlflowArtifactsRepository
    _put(repository.resolve_uri(run.artifact_uri, tracking_uri), file)


def _put(url: str, file: Path) -> None:
    """Send a file to a tracking server that stores artifacts.

    The client's own method takes whatever answers, a redirect or a page with status 200 too, for success.

    Raises:
        requests.HTTPError: something else than MLflow has answered, or MLflow has refused.
    """
    # `Any`, since neither has types.
    credentials: Any = importlib.import_module("mlflow.utils.credentials")
    rest: Any = importlib.import_module("mlflow.utils.rest_utils")
    with file.open("rb") as content:
        response = rest.http_request(
            credentials.get_default_host_creds(url),
            f"/{quote(file.name)}",
            "PUT",
            data=content,
            extra_headers={"Content-Type": mimetypes.guess_type(file.name)[0] or "application/octet-stream"},
            raise_on_status=False,  # so that what it says is kept
        )
    if not response.ok or response.is_redirect or "html" in response.headers.get("Content-Type", ""):
        raise requests.HTTPError(f"{response.status_code} for PUT {file.name}", response=response)


@contextlib.contextmanager
def temporary_file(name: str, content: bytes) -> Iterator[Path]:
    """Provide a file, in the system's folder for temporary ones: the working folder may be read-only.

    Raises:
        TransientReporterError: that folder is missing, full, or read-only as well.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="newsdesk-") as folder:
            file = Path(folder, name)
            file.write_bytes(content)
            yield file
    except OSError as error:
        raise TransientReporterError(
            f"the artifact {name} cannot be written to a temporary file, from which MLflow sends it: "
            f"{error}; set TMPDIR to a folder that can be written to and has room"
        ) from error


def _is_importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of its parent
        return False
