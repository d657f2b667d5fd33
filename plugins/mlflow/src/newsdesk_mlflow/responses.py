"""What an HTTP response, or the error raised for one, says about trying again."""

import re
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import requests


def is_transient_status(status: int) -> bool:
    """Tell whether the same request may succeed later."""
    return status in (408, 429) or status >= 500  # noqa: PLR2004  (HTTP's own)


def is_transient(error: requests.RequestException) -> bool:
    """Tell whether a failed request is worth another try."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return is_transient_status(error.response.status_code)
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return False
    # A ValueError as well: an invalid URL or body.
    return not isinstance(error, ValueError | requests.TooManyRedirects)


def status_of(error: BaseException) -> int | None:
    """Give the HTTP status of the response behind an error; None if there was no response."""
    for source in (error, *_responses(error)):
        if isinstance(status := getattr(source, "status_code", None), int):
            return status
    return None


def retry_after(error: BaseException) -> float | None:
    """Give the seconds that a server asked to wait in the header Retry-After; None if it did not."""
    for response in _responses(error):
        # A response that was cut off before its head arrived has no headers.
        if (seconds := seconds_to_wait(response.headers or {})) is not None:
            return seconds
    return None


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Give the seconds of a header Retry-After; None if there is none, or it is a date."""
    text = str(headers.get("Retry-After") or "")
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d+)?", text) else None


def _responses(error: BaseException) -> Iterator[Any]:
    """Give the responses behind an error.

    urllib3 drops the response when it gives up, and MLflow has no hook for it; but it is still in the frame
    that raised.
    """
    seen: BaseException | None = error
    while seen is not None:
        if hasattr(response := getattr(seen, "response", None), "headers"):
            yield response
        for frame, _ in traceback.walk_tb(seen.__traceback__):
            if hasattr(response := frame.f_locals.get("response"), "headers"):
                yield response
        seen = seen.__cause__ or seen.__context__
