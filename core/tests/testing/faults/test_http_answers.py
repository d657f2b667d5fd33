"""An answer that the proxy gives is HTTP that a client understands."""

import http.client
import io
import json

import pytest
from newsdesk.testing import html_answer, http_answer


class Wire(io.BytesIO):
    """What `http.client` takes for a socket."""

    def makefile(self, *_):
        return self


def read(answer, method="POST"):
    response = http.client.HTTPResponse(Wire(answer.data), method=method)
    response.begin()
    return response


@pytest.mark.parametrize("status", [429, 500, 502, 503, 418])
def test_a_made_answer_is_http_that_a_client_understands(status):
    response = read(http_answer(status, retry_after=7))
    assert (response.status, response.headers["Retry-After"]) == (status, "7")
    assert "error" in json.loads(response.read())


def test_a_made_answer_asks_to_come_again_only_when_it_is_told_to():
    assert read(http_answer(503)).headers["Retry-After"] is None
    assert (
        read(http_answer(503, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"))
        .headers["Retry-After"]
        .endswith("GMT")
    )


def test_a_portal_answers_with_a_page_and_says_that_all_is_well():
    assert html_answer().label == "200 OK, a page of HTML that asks to sign in"
    response = read(html_answer())
    assert (response.status, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"<h1>Sign in</h1>" in response.read()


def test_a_status_without_a_name_can_be_answered_too():
    assert http_answer(599).label == "599 Unknown"
    assert read(http_answer(599)).status == 599
