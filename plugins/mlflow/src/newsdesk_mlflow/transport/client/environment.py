"""The environment variables that make MLflow's client try once and keep quiet, while a call of ours runs."""

import contextlib
import os
import threading
from collections.abc import Iterator

# MLflow reads these at each request, and takes them from nowhere else. What the user has set stays.
#   retries: 7 by default, 244 s of sleep before an outage is reported; retries are the desk's task.
#   redirects: followed by default, where a POST becomes a GET and its content is lost.
#   timeout: seconds to connect, and between two packets; 120 by default.
#   AzureML's: the same for its artifacts; 300 by default.
#   suppress: the end of a run asks for the run once more, to print two lines of it.
QUIET = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_ALLOW_HTTP_REDIRECTS": "false",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "AZUREML_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}

_lock = threading.Lock()
_users = 0
_set: list[str] = []


@contextlib.contextmanager
def one_quiet_try() -> Iterator[None]:
    """Have MLflow's client try each request once, with a short timeout, and print nothing.

    The environment belongs to the whole process: while one thread is in here, a request of the user's own in
    another thread is tried once as well, and follows no redirect. The last one out restores it.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _users  # noqa: PLW0603  (the environment is global, and so is who uses it)
    with _lock:
        if _users == 0:
            _set[:] = [name for name in QUIET if name not in os.environ]
            os.environ.update({name: QUIET[name] for name in _set})
        _users += 1


def _leave() -> None:
    global _users  # noqa: PLW0603  (the same)
    with _lock:
        _users = max(_users - 1, 0)  # a child that was forked in here starts at 0
        if _users == 0:
            _restore()


def _restore() -> None:
    for name in _set:
        # Unless somebody has set it to something else meanwhile.
        if os.environ.get(name) == QUIET[name]:
            del os.environ[name]
    _set.clear()


def _after_fork() -> None:
    """Start afresh in a child: the threads that would restore its environment stayed in the parent."""
    global _users, _lock  # noqa: PLW0603  (the same)
    _lock = threading.Lock()
    _users = 0
    _restore()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_after_fork)
