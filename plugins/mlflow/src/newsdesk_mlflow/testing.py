"""An `mlflow server` for tests; see `newsdesk.testing.fixtures`."""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import requests
from newsdesk.testing import ServerFailed, ServerMissing

HOST = "127.0.0.1"
STORE = "store.db"
"""The file in the server's folder that is its store, SQLite, when it has no other."""
ARTIFACTS = "artifacts"
"""The folder in the server's folder that holds its artifacts."""

_LOG = "server.log"
_PORT = "port"
_SECONDS_TO_START = 170  # less than `newsdesk.testing.Server` waits, which knows no log of ours
_SECONDS_TO_STOP = 15
_SECONDS_FOR_PORT = 20
_SHOWN = 3000
_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    # Seconds, in place of 5: after that long a silence the server would close a kept connection just when a
    # client sends its next request, which is then reset.
    "UVICORN_TIMEOUT_KEEP_ALIVE": "3600",
}


@contextlib.contextmanager
def mlflow_server(folder: Path, store: str | None = None, workers: int = 1) -> Iterator[str]:
    """Run `mlflow server`, and give its URL: the same one each time for the same folder.

    Args:
        folder: Where its store, its artifacts and its log are.
        store: The URI of another store.
        workers: Processes that answer.

    Raises:
        ServerMissing: the full MLflow is not installed.
        ServerFailed: it did not start; with the end of its log.
    """
    _check_installed()
    with (
        _reserved(folder / _PORT) as port,
        _running(folder, port, store or f"sqlite:///{folder / STORE}", workers) as process,
    ):
        url = f"http://{HOST}:{port}"
        if not _answers(url, process):
            log = (folder / _LOG).read_text("utf-8", "replace")[-_SHOWN:]
            raise ServerFailed(f"the MLflow server in {folder} did not start:\n{log}")
        yield url


def _check_installed() -> None:
    try:
        metadata.version("mlflow")  # of the distribution: mlflow-skinny imports under the same name
    except metadata.PackageNotFoundError:
        raise ServerMissing(
            "'mlflow server' needs the full mlflow, but only mlflow-skinny is installed: "
            "pip install 'newsdesk-mlflow[local]'"
        ) from None


@contextlib.contextmanager
def _reserved(file: Path) -> Iterator[int]:
    """Return the port in a file, or else a free one, and keep it reserved.

    Otherwise one of two servers that start at once may take the port of the other.
    """
    with socket.socket() as sock:
        # On Linux the server can bind to it too, since this socket does not listen; elsewhere it cannot.
        if sys.platform == "linux":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(sock, int(file.read_text()) if file.exists() else 0)
        port: int = sock.getsockname()[1]
        file.write_text(str(port))
        if sys.platform != "linux":
            sock.close()
        yield port


def _bind(sock: socket.socket, port: int) -> None:
    """Bind to a port, and wait for it if another process has it: one that was just killed, or a client."""
    deadline = time.monotonic() + _SECONDS_FOR_PORT
    while True:
        try:
            sock.bind((HOST, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@contextlib.contextmanager
def _running(folder: Path, port: int, store: str, workers: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server, and end it with all that it started."""
    command = [sys.executable, "-m", "mlflow", "server", "--workers", str(workers), "--host", HOST]
    command += ["--port", str(port), "--backend-store-uri", store]
    command += ["--artifacts-destination", str(folder / ARTIFACTS)]
    with (folder / _LOG).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  (MLflow's own program, and our arguments)
            command,
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # so that all of its processes can be ended as one group
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_SECONDS_TO_STOP)
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _environment() -> dict[str, str]:
    """Return the environment without MLflow's settings: those are for the user's own MLflow."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    return {**kept, **_SETTINGS}


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the server answers; False, when it ended before, or took too long."""
    deadline = time.monotonic() + _SECONDS_TO_START
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the user's does not lead to this machine
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(requests.RequestException):
                if session.get(f"{url}/health", timeout=5).ok:
                    return True
            time.sleep(0.1)
    return False
