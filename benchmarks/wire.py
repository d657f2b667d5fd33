"""Requests on the wire: a reporter's, recorded and replayed in a plain session."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import requests
from requests.adapters import HTTPAdapter


@dataclass
class Request:
    """A request as sent."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    answer: bytes


@contextlib.contextmanager
def recorded() -> Iterator[list[Request]]:
    """Record every request that this process sends with `requests`."""
    seen: list[Request] = []
    send = HTTPAdapter.send

    def noting(self, request, *args, **kwargs):
        body = request.body or b""
        if hasattr(body, "read"):
            body = body.read()
            request.body = body
        body = body.encode() if isinstance(body, str) else bytes(body)
        response = send(self, request, *args, **kwargs)
        seen.append(Request(request.method, request.url, dict(request.headers), body, response.content))
        return response

    HTTPAdapter.send = noting
    try:
        yield seen
    finally:
        HTTPAdapter.send = send


def replay(session: requests.Session, seen: list[Request], names: dict[str, str]) -> None:
    """Send the same requests with other names, and with the id of the newly created run."""
    names = dict(names)
    for request in seen:
        url, body = request.url, request.body
        for old, new in names.items():
            url, body = url.replace(old, new), body.replace(old.encode(), new.encode())
        headers = {key: value for key, value in request.headers.items() if key.lower() != "content-length"}
        answer = session.request(request.method, url, data=body, headers=headers)
        answer.raise_for_status()
        if url.endswith("runs/create"):
            names[run_id(request.answer)] = run_id(answer.content)


def run_id(answer: bytes) -> str:
    return requests.models.complexjson.loads(answer)["run"]["info"]["run_id"]
