"""Makes MLflow's client send each request of ours once: retries are the desk's task."""

import contextlib
import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from newsdesk import remaining_seconds

_TIMEOUT_SECONDS = 30  # to connect, and between two packets; 120 by default
# What MLflow reads at each request; what the user has set stays.
_RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
_REDIRECTS = "MLFLOW_ALLOW_HTTP_REDIRECTS"
_TIMEOUT = "MLFLOW_HTTP_REQUEST_TIMEOUT"

_ours: ContextVar[bool] = ContextVar("newsdesk_mlflow_attempt", default=False)


@contextlib.contextmanager
def one_attempt() -> Iterator[None]:
    """Have MLflow's client send each request in the body once, with a short timeout, following no redirect.

    By default it tries eight times, with 244 s of sleep, before it reports an outage, and follows redirects,
    where a POST becomes a GET and loses its content. MLflow takes this from the environment alone, which is
    that of the whole process. So the function that sends its requests is wrapped, and changes what it is
    given only for the requests of this body: not for those of the user in another thread.
    """
    _wrap_functions()
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


def _wrap_functions() -> None:
    rest: Any = sys.modules.get("mlflow.utils.rest_utils")
    # What sends all requests to a server, and what does so to Databricks; not every version has the second.
    for name, changed in (
        ("_get_http_response_with_retries", _once),
        ("_retry_databricks_sdk_call_with_exponential_backoff", _without_retries),
    ):
        function = getattr(rest, name, None)
        if function is not None and not hasattr(function, "newsdesk"):
            setattr(rest, name, _wrapped(function, changed))


def _wrapped(function: Callable[..., Any], changed: Callable[[dict[str, Any]], None]) -> Callable[..., Any]:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not _ours.get():
            return function(*args, **kwargs)
        bound = signature.bind(*args, **kwargs)
        changed(bound.arguments)
        return function(*bound.args, **bound.kwargs)

    call.newsdesk = True  # type: ignore[attr-defined]  # marks it as wrapped
    return call


def _once(arguments: dict[str, Any]) -> None:
    options = arguments.setdefault("kwargs", {})
    timeout = options.get("timeout") or _TIMEOUT_SECONDS
    options["timeout"] = remaining_seconds(
        at_most=timeout if _TIMEOUT in os.environ else min(timeout, _TIMEOUT_SECONDS)
    )
    if _REDIRECTS not in os.environ:
        arguments["allow_redirects"] = False
    if _RETRIES not in os.environ:
        # Not raised: urllib3 would drop what the server says.
        arguments.update(max_retries=0, raise_on_status=False)


def _without_retries(arguments: dict[str, Any]) -> None:
    if _RETRIES not in os.environ:
        arguments["max_retries"] = 0
