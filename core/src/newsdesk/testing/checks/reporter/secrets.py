"""Checks: no secret is shown by what a reporter returns, raises or logs."""

import contextlib
import io
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from newsdesk.contract.parameters.arguments import secret_names
from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import DefinitionError
from newsdesk.testing.capabilities import Network
from newsdesk.testing.faults.fault import Fault, Refuse
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.harness.reading import calls_of_reading
from newsdesk.testing.machines import small
from newsdesk.testing.proxy.proxy import FaultProxy

_PASSWORD = "canary-password-7Rk2"  # noqa: S105  (nobody's)
_USER = "canary-user-9Wd4"
_SHORTEST = 8
"""Characters: a shorter secret, such as a default, may be a word of the text that it is looked for in."""


class SecretChecks(CheckFixtures):
    """References, errors and logs."""

    @check(required=True)
    def test_secrets_are_not_shown(
        self, new_reporter: NewReporter, fault_proxy: FaultProxy | None, caplog: pytest.LogCaptureFixture
    ) -> None:
        """If this fails, a password, or the user and password of a URL, is in a reference, an error or a log.

        It is looked for after reports, pings and outages, with the real secrets, and with wrong ones in each
        secret parameter and each URL.
        """
        caplog.set_level(logging.DEBUG)
        original = new_reporter()
        real = {secret for secret in original.secret_values() if len(secret) >= _SHORTEST}
        for reporter, secrets in ((original, real), *self._with_canaries(original)):
            shown = "\n".join(self._shown(reporter, fault_proxy, caplog))
            found = [name for name, secret in _named(secrets) if secret in shown]
            expect(not found, f"{reporter!r} shows {', '.join(found)}: {_around(shown, secrets)}")

    def _with_canaries(self, reporter: BaseReporter) -> Iterator[tuple[BaseReporter, set[str]]]:
        given = reporter.given_params()
        secret = secret_names(type(reporter)) | {*self.capabilities.secrets}
        for name, value in given.items():
            wrong = _in_a_url(value) or (_in_a_secret(value) if name in secret else None)
            if wrong is not None:
                with contextlib.suppress(DefinitionError):  # it takes no user in its URL
                    yield type(reporter)(**{**given, name: wrong}), {_PASSWORD, _USER}

    def _shown(
        self, reporter: BaseReporter, fault_proxy: FaultProxy | None, caplog: pytest.LogCaptureFixture
    ) -> Iterator[str]:
        """Use a reporter, also in outages, and give all that it shows."""
        network = self.capabilities.network or Network()
        faults: tuple[Fault | None, ...] = (None, Refuse(), *network.permanent[:2], *network.transient[:1])
        for fault in faults if fault_proxy is not None else (None,):
            if fault is not None and fault_proxy is not None:
                fault_proxy.fail(fault)
            for call in self._calls(reporter):
                yield from _texts(call, caplog)
            if fault_proxy is not None:
                fault_proxy.clear()
        reporter.close()

    def _calls(self, reporter: BaseReporter) -> Iterator[Callable[[], object]]:
        yield lambda: reporter.report(small("secret"))
        yield lambda: list(reporter.report_many([small("secret"), small("secrets")]))
        if self.capabilities.ping:
            yield reporter.ping
        if self.capabilities.holds:
            yield lambda: reporter.holds([small("secret").key])
        if self.capabilities.fetch:
            yield from calls_of_reading(reporter, small("secret")).values()


def _texts(call: Callable[[], object], caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    """Give what a call returns or raises, with all causes and notes, logs and prints."""
    caplog.clear()
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        try:
            yield repr(call())
        except Exception as error:  # noqa: BLE001  (whatever it is, it is shown)
            yield repr(error)
            yield "".join(traceback.TracebackException.from_exception(error).format())
    yield caplog.text
    yield out.getvalue()


def _in_a_url(value: Any) -> str | None:
    """Give the same URL with another user and password; None, if it is not the URL of a host."""
    parts = urlsplit(value) if isinstance(value, str) and "://" in value else None
    if parts is None or not parts.netloc or "${" in value:
        return None
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{_USER}:{_PASSWORD}@{host}").geturl()


def _in_a_secret(value: Any) -> Any:
    return dict.fromkeys(value, _PASSWORD) if isinstance(value, dict) else _PASSWORD


def _named(secrets: set[str]) -> list[tuple[str, str]]:
    names = {_PASSWORD: "the password", _USER: "the user of the URL"}
    return [(names.get(secret, "a secret parameter"), secret) for secret in sorted(secrets)]


def _around(text: str, secrets: set[str]) -> str:
    """Give the place where a secret is shown, without a real one."""
    place = min((text.find(secret) for secret in secrets if secret in text), default=0)
    around = text[max(0, place - 100) : place + 100]
    for secret in secrets - {_PASSWORD, _USER}:
        around = around.replace(secret, "***")
    return around
