"""What an HTTP response, or the error raised for one, says."""

import itertools
import json
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from newsdesk import ReporterException, TransientReporterError, error_for_status

_REDIRECTS = (301, 302, 303, 307, 308)
_LONGEST_QUOTE = 300
_GIVEN_UP = re.compile(r"too many (\d{3}) error responses")
_PHRASES = {429: "rate limit"}


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    url: str = ""
    """What was asked for, where that is known."""
    body: str = ""
    """What it says; empty if it was not kept."""

    @property
    def summary(self) -> str:
        """The status, with its meaning."""
        known = self.status in HTTPStatus.__members__.values()
        phrase = _PHRASES.get(self.status, HTTPStatus(self.status).phrase.lower() if known else "")
        return f"it answers {self.status}" + (f" ({phrase})" if phrase else "")

    @property
    def quote(self) -> str:
        """What it says, in one line; empty for a page of HTML."""
        if self.is_page:
            return ""
        words = " ".join(str(self._json.get("message", self.body)).split())
        return words if len(words) <= _LONGEST_QUOTE else f"{words[:_LONGEST_QUOTE]}…"

    @property
    def is_page(self) -> bool:
        """Whether it is a page for people, of a portal or a proxy."""
        return "html" in str(self.headers.get("Content-Type") or "") or self.body.lstrip().startswith("<")

    @property
    def is_of_mlflow(self) -> bool:
        """Whether it is a refusal in the form that MLflow gives it."""
        return "error_code" in self._json

    @property
    def redirected_to(self) -> str:
        """The address that it leads to, as a tracking URI; empty, when it is not a redirect.

        Without query and credentials: those of a sign-in page are secrets.
        """
        location = str(self.headers.get("Location") or "")
        if self.status not in _REDIRECTS or not location:
            return ""
        target, asked = urlsplit(urljoin(self.url, location)), urlsplit(self.url).path
        path = target.path
        if (start := asked.find("/api/")) >= 0:
            path = path.removesuffix(asked[start:])
        return f"{target.scheme}://{target.netloc.rpartition('@')[2]}{path.rstrip('/')}"

    @property
    def _json(self) -> Mapping[str, Any]:
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def is_transient_status(status: int) -> bool:
    """Tell whether the same request may succeed later."""
    return isinstance(error_for_status(status, doing=""), TransientReporterError)


def answer_of(error: BaseException) -> Answer | None:
    """Give what the server answered that an error is about; None if it did not answer."""
    import requests  # noqa: PLC0415  (a tenth of a second, which 'newsdesk check' does not need)

    links = [*_links(error)]
    failures = [link for link in links if isinstance(link, requests.RequestException)]
    # A request that failed has an answer only if the error has it: what is in a frame was cut off.
    broken = failures and not isinstance(failures[0], requests.exceptions.RetryError)
    found: Iterable[Any] = [failures[0].response] if broken else itertools.chain(*map(_responses, links))
    for response in found:
        status = getattr(response, "status_code", None) or getattr(response, "status", None)
        if isinstance(status, int):
            url = str(getattr(response, "url", None) or "")
            return Answer(status, response.headers or {}, url, _body(response))
    given_up = next(filter(None, (_GIVEN_UP.search(str(link)) for link in links)), None)
    return Answer(int(given_up[1]), {}) if given_up else None


def status_of(error: BaseException) -> int | None:
    """Give the HTTP status of the response behind an error; None if there was no response."""
    if isinstance(status := getattr(error, "status_code", None), int):
        return status
    answer = answer_of(error)
    return None if answer is None else answer.status


def retry_after(error: BaseException) -> float | None:
    """Give the seconds that a server asked to wait in the header Retry-After; None if it did not."""
    answer = answer_of(error)
    return None if answer is None else seconds_to_wait(answer.headers)


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Give the seconds of a header Retry-After, seconds or a date; None if it is missing or invalid."""
    asked = error_for_status(429, headers, doing="")
    return asked.retry_after if isinstance(asked, TransientReporterError) else None


def _body(response: Any) -> str:
    """Give the text of a response of requests; urllib3 keeps none of an error."""
    return str(response.text) if getattr(response, "_content", None) else ""


def _links(error: BaseException) -> Iterator[BaseException]:
    """Give an error and what caused it, up to an error of ours, which was about an earlier request."""
    link: BaseException | None = error
    while link is not None and not isinstance(link, ReporterException):
        yield link
        link = link.__cause__ or link.__context__


def _responses(error: BaseException) -> Iterator[Any]:
    """Give the responses behind an error.

    urllib3 drops the response when it gives up, and MLflow has no hook for it; but it is still in the frame
    that raised.
    """
    if hasattr(response := getattr(error, "response", None), "headers"):
        yield response
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if hasattr(response := frame.f_locals.get("response"), "headers"):
            yield response
