"""Requests to one MLflow server, in one session that keeps its connections."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson
import requests
from requests.adapters import HTTPAdapter

from newsdesk_mlflow.mapping.tags import release
from newsdesk_mlflow.transport.logins import read_login
from newsdesk_mlflow.transport.rest.settings import settings, workspace

# Connections that are kept: one for each thread that delivers at the same time.
_CONNECTIONS = 64
# Servers behind some gateways answer so in place of an empty JSON object; MLflow's client takes it, too.
_EMPTY = (b"", b"200 OK")

_T = TypeVar("_T")


class AnswerError(requests.HTTPError):
    """The server answered something else than what was asked for."""

    def __init__(self, response: requests.Response) -> None:
        told = _document(response.content) or {}
        self.error_code = str(told.get("error_code", ""))
        """MLflow's code; empty, if it is not an answer of MLflow's."""
        text = f"{self.error_code}: {told.get('message', f'Response: {told}')}"
        super().__init__(
            text if self.error_code else f"HTTP status {response.status_code}", response=response
        )


class WorkspaceError(Exception):
    """The server cannot use the workspace that is set."""

    error_code = "FEATURE_DISABLED"


class Session:
    """Requests to one server; it may be used by several threads at once.

    Login, certificates and proxies are those of the environment at the time of each request, as in MLflow's
    client. Each request is sent once, and no redirect is followed: a POST would become a GET.
    """

    def __init__(self, uri: str) -> None:
        self._root = uri.rstrip("/")
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"newsdesk-mlflow/{release()}"
        adapter = HTTPAdapter(pool_maxsize=_CONNECTIONS)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)
        self._workspaces: set[str] = set()  # that the server is known to support

    def get(self, path: str, query: Mapping[str, str | int], read: Callable[[Mapping[str, Any]], _T]) -> _T:
        """Ask for something.

        Args:
            path: The path below `/api/2.0/mlflow/`.
            query: The fields of the request.
            read: Makes of the answer's fields what is returned.

        Raises:
            AnswerError: the answer is something else.
            requests.RequestException: there was no answer.
        """
        return _read(self._mlflow("GET", path, params=query), read)

    def post(self, path: str, fields: Mapping[str, Any], read: Callable[[Mapping[str, Any]], _T]) -> _T:
        """Send something; otherwise like `get`."""
        return _read(self._mlflow("POST", path, data=orjson.dumps(fields)), read)

    def put(self, url: str, content: bytes, kind: str) -> None:
        """Store a file at a URL.

        Raises:
            AnswerError: something else than MLflow has answered, or MLflow has refused.
            requests.RequestException: there was no answer.
        """
        _check_file(self._send("PUT", url, data=content, headers={"Content-Type": kind}))

    def read(self, url: str) -> bytes:
        """Read a file at a URL; otherwise like `put`."""
        response = self._send("GET", url, headers={})
        _check_file(response)
        return response.content

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _mlflow(self, method: str, path: str, **content: Any) -> requests.Response:
        headers = {"Content-Type": "application/json"} if "data" in content else {}
        return self._send(method, f"{self._root}/api/2.0/mlflow/{path}", headers=headers, **content)

    def _send(self, method: str, url: str, *, headers: dict[str, str], **content: Any) -> requests.Response:
        if (name := workspace()) and name not in self._workspaces:
            self._check_workspaces(name)
        return self._request(method, url, headers=headers, **content)

    def _request(
        self, method: str, url: str, *, headers: dict[str, str], **content: Any
    ) -> requests.Response:
        timeout, verify, cert = settings()
        if name := workspace():
            headers["X-MLFLOW-WORKSPACE"] = name
        if authorization := read_login().authorization:
            headers["Authorization"] = authorization
        return self._session.request(
            method,
            url,
            headers=headers,
            timeout=timeout,
            verify=verify,
            cert=cert,
            allow_redirects=False,
            **content,
        )

    def _check_workspaces(self, name: str) -> None:
        """Ask once whether the server supports workspaces: another one would take the default in silence."""
        response = self._request("GET", f"{self._root}/api/3.0/mlflow/server-info", headers={})
        found = response.status_code != requests.codes.not_found and _read(response, dict)
        if not (found and found.get("workspaces_enabled")):
            raise WorkspaceError(
                f"Active workspace '{name}' cannot be used because the remote server does not support "
                "workspaces. Restart the server with --enable-workspaces or unset the active workspace."
            )
        self._workspaces.add(name)


def _check_file(response: requests.Response) -> None:
    """Refuse what is not an answer about a file: a redirect, or a page of a portal, is not a success."""
    if response.status_code not in (200, 201, 204) or "html" in response.headers.get("Content-Type", ""):
        raise AnswerError(response)


def _read(response: requests.Response, read: Callable[[Mapping[str, Any]], _T]) -> _T:
    found = {} if response.content.strip() in _EMPTY else _document(response.content)
    if response.status_code != requests.codes.ok or found is None:
        raise AnswerError(response)
    try:
        return read(found)
    except (LookupError, TypeError, ValueError) as error:  # it has other fields than an answer of MLflow's
        raise AnswerError(response) from error


def _document(content: bytes) -> dict[str, Any] | None:
    try:
        # Not by orjson, which refuses a lone surrogate in what somebody else has logged.
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
