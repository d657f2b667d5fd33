"""Answers of HTTP to give in a server's place."""

import json
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus

from newsdesk.testing.faults.fault import Answer

_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>"


def http_answer(
    status: int,
    *,
    retry_after: float | str | None = None,
    body: str | None = None,
    content_type: str | None = None,
) -> Answer:
    """Give an answer of HTTP to give in a server's place.

    Args:
        status: Its status.
        retry_after: The header Retry-After: seconds, or a date.
        body: By default what a server of that status might say, as JSON.
        content_type: By default that of JSON.
    """
    reason = next((known.phrase for known in HTTPStatus if known == status), "Unknown")
    text = json.dumps({"error": reason}) if body is None else body
    return _answer(f"{status} {reason}", content_type or "application/json", text, retry_after)


def html_answer(status: int = 200) -> Answer:
    """Give the sign-in page of a portal that answers instead of the server."""
    page = http_answer(status, body=_PAGE, content_type="text/html; charset=utf-8")
    return replace(page, label=f"{page.label}, a page of HTML that asks to sign in")


def _answer(status: str, content_type: str, text: str, retry_after: float | str | None) -> Answer:
    body = text.encode()
    headers = {
        "Date": formatdate(usegmt=True),
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
    }
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return Answer("\r\n".join(lines).encode() + body, label=status)
