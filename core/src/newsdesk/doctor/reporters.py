"""What the reporters of the config say themselves of their parameters and their backends."""

import copy
import logging
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from newsdesk.contract import deadline as deadlines
from newsdesk.contract.finding import Finding
from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.route import Route
from newsdesk.exceptions import ReporterException
from newsdesk.secrets import mask_text
from newsdesk.worker import Worker

_log = logging.getLogger(__name__)


def findings(routes: Sequence[Route], *, asked: Collection[str] = (), deadline: float) -> Iterator[Finding]:
    """Ask each reporter for its findings; one that fails or hangs is a finding, and does not affect others.

    Args:
        routes: The reporters.
        asked: Labels of those whose backends are asked.
        deadline: Seconds that each may take.
    """
    for route in routes:
        if type(route.reporter).findings is not BaseReporter.findings:
            yield from _of_route(route, ping=route.label in asked, deadline=deadline)


def _of_route(route: Route, *, ping: bool, deadline: float) -> Iterator[Finding]:
    found: list[Finding] = []
    worker = Worker(f"newsdesk findings of {route.label}")
    until = time.monotonic() + deadline

    def ask() -> None:
        with deadlines.until(lambda: until):
            # A copy: what it opens or changes does not affect what comes next.
            found.extend(_isolated(route.label, copy.copy(route.reporter), ping=ping))

    try:
        worker.submit(ask).result(deadline)
    except TimeoutError:
        text = f"its findings did not come within {deadline:g} s"
        yield Finding(text, "check its backend, or raise the deadline", subject=route.label)
        return
    finally:
        worker.stop()
    for finding in found:
        yield replace(finding, subject=route.label)


def _isolated(label: str, reporter: BaseReporter, *, ping: bool) -> Iterator[Finding]:
    try:
        yield from map(_checked, reporter.findings(ping=ping))
    except ReporterException as error:
        _log.debug("the backend of %s did not answer", label, exc_info=error)
        yield Finding.of_message(f"its backend does not answer: {error}", "check that it runs")
    except (Exception, SystemExit) as error:  # noqa: BLE001  (a stranger's code: it must harm no other check)
        _log.debug("the findings of %s failed", label, exc_info=error)
        text = f"{type(reporter).__name__}.findings() failed: {type(error).__name__}: {error}"
        yield Finding(text, "report it to its author; everything else was checked")
    finally:
        _close(label, reporter)


def _checked(found: object) -> Finding:
    if not isinstance(found, Finding):
        raise TypeError(f"it must yield Finding records, not {found!r}")
    return found


def _close(label: str, reporter: BaseReporter) -> None:
    try:
        reporter.close()
    except Exception as error:  # noqa: BLE001  (the same)
        text = mask_text(f"{type(error).__name__}: {error}", reporter.secret_values())
        _log.warning("the reporter %s did not close: %s", label, text)
