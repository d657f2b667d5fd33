"""Where the artifacts of a run go, and whether they get there from here."""

import importlib.util
import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from newsdesk import Alteration

from newsdesk_mlflow.errors import MlflowLoggingError
from newsdesk_mlflow.transport.run import Run
from newsdesk_mlflow.transport.uri import is_folder, is_local_store, without_credentials

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


def proxied_url(artifact_uri: str, tracking_uri: str) -> str | None:
    """Return where a tracking server takes the artifacts of a run; None, if they do not go through it.

    As `MlflowArtifactsRepository.resolve_uri`: `mlflow-artifacts:/path` is at the tracking server,
    `mlflow-artifacts://host:port/path` at another one.
    """
    artifacts, tracking = urlsplit(artifact_uri), urlsplit(tracking_uri)
    if artifacts.scheme != "mlflow-artifacts" or tracking.scheme not in ("http", "https"):
        return None
    path = re.sub("//+", "/", f"{tracking.path}/api/2.0/mlflow-artifacts/artifacts/{artifacts.path}")
    return f"{tracking.scheme}://{artifacts.netloc or tracking.netloc}{path}".rstrip("/")


def content_type(name: str) -> str:
    """Return the type of an artifact's content; by its name, as ours are all of one kind."""
    kinds = {".json": "application/json", ".svg": "image/svg+xml"}
    return kinds.get(PurePosixPath(name).suffix, "application/octet-stream")


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


def _is_importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of its parent
        return False
