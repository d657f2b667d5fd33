"""Pure: what the status of an HTTP response means for a delivery, and how long to wait."""

import email.utils
import re
import time
from collections.abc import Mapping
from http import HTTPStatus

from newsdesk.exceptions import DeliveryError, PermanentReporterError, TransientReporterError

# Each is of a server that is there, and may answer the same request otherwise in a while.
_TRANSIENT: Mapping[int, str] = {
    408: "it waited too long for the request",
    409: "something else changed it at the same time",  # the next attempt sees what is there now
    425: "it refused an early request",
    429: "send less at a time, or raise its rate limit",
}
_PERMANENT: Mapping[int, str] = {
    400: "it does not accept this request",
    401: "check the credentials",
    403: "check the permissions of these credentials",
    404: "check the address, and that what it names exists",
    405: "check the address",
    407: "check the credentials of the proxy",
    413: "the record is larger than it accepts; raise its limit",
    501: "it does not support this request",
    505: "it does not support this version of HTTP",
}
_REDIRECT = "redirects are not followed; use the address that it leads to"
_PHRASES = {429: "rate limit"}

_ERROR, _SERVER_ERROR = 400, 500
_NOT_MODIFIED = 304
_REDIRECTS = range(300, 400)


def error_for_status(
    status: int, headers: Mapping[str, str] | None = None, *, doing: str
) -> DeliveryError | None:
    """Return the error to raise for the status of an HTTP response; None if it is not an error.

    Transient, so that the desk tries again: 408, 409, 425, 429 and all of 5xx but 501 and 505. Permanent:
    every other 4xx, and a redirect that the client did not follow. The `retry_after` of a transient error is
    that of the header Retry-After, in seconds or as a date.

    Args:
        status: The status, such as 503.
        headers: The headers of the response, in any case.
        doing: What was asked, for the message, such as `writing pump-7.json`; without secrets.

    Example:
        >>> from newsdesk import error_for_status
        >>> error_for_status(200, {}, doing="writing pump-7.json")
        >>> error = error_for_status(429, {"Retry-After": "7"}, doing="writing pump-7.json")
        >>> print(error, error.retry_after)
        writing pump-7.json: it answers 429 (rate limit); send less at a time, or raise its rate limit 7.0
    """
    if status < _ERROR and (status not in _REDIRECTS or status == _NOT_MODIFIED):
        return None
    answer = f"{doing}: it answers {status}{_phrase(status)}"
    if status in _TRANSIENT or (status >= _SERVER_ERROR and status not in _PERMANENT):
        remedy = _TRANSIENT.get(status, "check that it runs, and its log")
        return TransientReporterError(f"{answer}; {remedy}", retry_after=_seconds_to_wait(headers or {}))
    remedy = _REDIRECT if status in _REDIRECTS else _PERMANENT.get(status, "it does not accept this request")
    return PermanentReporterError(f"{answer}; {remedy}")


def _phrase(status: int) -> str:
    try:
        return f" ({_PHRASES.get(status) or HTTPStatus(status).phrase.lower()})"
    except ValueError:
        return ""


def _seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Give the seconds of a header Retry-After, seconds or a date; None if it is missing or invalid."""
    text = _header(headers, "retry-after")
    if re.fullmatch(r"\d{1,6}(\.\d+)?", text):
        return float(text)
    date = _seconds_since_1970(text)
    if date is None:
        return None
    # By the server's own clock, where it says what that is: ours may differ.
    now = _seconds_since_1970(_header(headers, "date"))
    return max(date - (time.time() if now is None else now), 0.0)


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((str(value).strip() for key, value in headers.items() if key.lower() == name), "")


def _seconds_since_1970(date: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
