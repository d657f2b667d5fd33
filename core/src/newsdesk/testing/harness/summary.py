"""The line at the end of pytest's output: how many checks of the kit hold."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote

import pytest

from newsdesk.testing.harness.check import NOT_APPLICABLE, is_check, why_skipped

_PLUGIN = "newsdesk-conformance"
_NOTE = "newsdesk-check"
_UNDECLARED = "not declared"


def print_summary(config: pytest.Config) -> None:
    """Let a run of pytest end with one line for each contract, and with `-v` the badge for a README.

    A contract does that when its checks are collected. With xdist, the process that prints collects nothing:
    there `pytest_plugins = ["newsdesk.testing.fixtures"]` in the top-level conftest.py does it.
    """
    if not config.pluginmanager.has_plugin(_PLUGIN):
        config.pluginmanager.register(_Summary(), _PLUGIN)


@dataclass
class Results:
    """What happened to the checks of one contract."""

    total: int
    """The number of all checks."""
    outcomes: dict[str, str] = field(default_factory=dict)
    """Of each check that was run or skipped: passed, failed, skipped, not declared, or does not apply."""

    def add(self, check: str, outcome: str) -> None:
        """Add what one test did; of a check with several tests all must pass."""
        if self.outcomes.get(check, "passed") == "passed":
            self.outcomes[check] = outcome

    def names(self, outcome: str) -> list[str]:
        """Give the checks that ended so."""
        ended = [name for name, found in self.outcomes.items() if found == outcome]
        return [name.removeprefix("test_").replace("_", " ") for name in ended]

    @property
    def line(self) -> str:
        """All of it, in one line."""
        parts = [f"{len(self.names('passed'))} of {self.total} checks hold"]
        parts += [
            f"{len(names)} {outcome}: {', '.join(names)}"
            for outcome in ("failed", _UNDECLARED, "skipped")
            if (names := self.names(outcome))
        ]
        if count := len(self.names(NOT_APPLICABLE)):
            parts.append(f"{count} {NOT_APPLICABLE if count == 1 else 'do not apply'}")
        if missing := self.total - len(self.outcomes):
            parts.append(f"{missing} not run")
        return "; ".join(parts)

    @property
    def badge(self) -> str:
        """Markdown for a README: an image that shows how many checks hold."""
        shown = f"{len(self.names('passed'))} of {self.total} checks"
        shade = "red" if self.names("failed") else "brightgreen"
        return f"![newsdesk: {shown}](https://img.shields.io/badge/newsdesk-{quote(shown)}-{shade})"


class _Summary:
    """A plugin of pytest."""

    def __init__(self) -> None:
        self.results: dict[str, Results] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: Any) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note on the report which check it is: xdist carries the report to the process that prints."""
        report = yield
        cls, method = getattr(item, "cls", None), getattr(item, "function", None)
        if cls is not None and is_check(method):
            total = sum(is_check(getattr(cls, name, None)) for name in dir(cls))
            contract = item.nodeid.rpartition("::")[0]
            reason = why_skipped(method) or ""
            declared = NOT_APPLICABLE if reason.startswith(NOT_APPLICABLE) else reason and _UNDECLARED
            note: Any = [contract, item.originalname, total, declared]
            report.user_properties.append((_NOTE, note))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a check."""
        for key, note in report.user_properties:
            if key == _NOTE and (outcome := _outcome(report)):
                contract, check, total, declared = cast("tuple[str, str, int, str]", note)
                self.results.setdefault(contract, Results(total)).add(check, declared or outcome)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print a line for each contract."""
        if self.results:
            terminalreporter.section("newsdesk")
        for contract, found in sorted(self.results.items()):
            terminalreporter.line(f"{contract}: {found.line}")
            if terminalreporter.verbosity > 0:
                terminalreporter.line(found.badge)


def _outcome(report: pytest.TestReport) -> str | None:
    """Give how a test ended; None, where it has not or has ended already."""
    if report.failed or report.skipped:
        return report.outcome
    return "passed" if report.when == "call" else None
