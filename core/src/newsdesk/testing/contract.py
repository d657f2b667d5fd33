"""ReporterContract: the class that an author subclasses to test a reporter."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import pytest

from newsdesk.testing.capabilities import Capabilities
from newsdesk.testing.checks.faults.answers import AnswerChecks
from newsdesk.testing.checks.faults.disk import DiskChecks
from newsdesk.testing.checks.faults.network import FaultChecks
from newsdesk.testing.checks.faults.outages import OutageChecks
from newsdesk.testing.checks.faults.reading import ReadingFaultChecks
from newsdesk.testing.checks.records.alterations import AlterationChecks
from newsdesk.testing.checks.records.batches import BatchChecks
from newsdesk.testing.checks.records.content import ContentChecks
from newsdesk.testing.checks.records.exchange import ExchangeChecks
from newsdesk.testing.checks.records.fetching import FetchChecks
from newsdesk.testing.checks.records.holdings import HoldingChecks
from newsdesk.testing.checks.records.listing import ListingChecks
from newsdesk.testing.checks.records.names import NameChecks
from newsdesk.testing.checks.records.repetition import RepetitionChecks
from newsdesk.testing.checks.reporter.concurrency import ConcurrencyChecks
from newsdesk.testing.checks.reporter.discovery import DiscoveryChecks
from newsdesk.testing.checks.reporter.life import LifeChecks
from newsdesk.testing.checks.reporter.plans import PlanChecks
from newsdesk.testing.checks.reporter.secrets import SecretChecks
from newsdesk.testing.checks.reporter.value import ValueChecks
from newsdesk.testing.harness.check import NOT_APPLICABLE, all_checks, is_required, is_skip, needs_of, skipped
from newsdesk.testing.harness.fixtures import OPTIONAL, CheckFixtures
from newsdesk.testing.harness.summary import print_summary

_KITS_OWN = ("fault_proxy", "new_reporter", "held", "children", "refusing", "pytest_generate_tests")
_NOT_RUN = ("skip", "xfail")


class ReporterContract(
    ValueChecks,
    DiscoveryChecks,
    ContentChecks,
    NameChecks,
    AlterationChecks,
    RepetitionChecks,
    BatchChecks,
    HoldingChecks,
    FetchChecks,
    ListingChecks,
    ExchangeChecks,
    PlanChecks,
    LifeChecks,
    SecretChecks,
    ConcurrencyChecks,
    DiskChecks,
    FaultChecks,
    OutageChecks,
    AnswerChecks,
    ReadingFaultChecks,
):
    """All checks of a reporter, for pytest.

    A subclass declares what the reporter can do, and has the fixtures `build`, which gives a function that
    builds it, and `read`, which gives a function that reads every record of the backend without the
    reporter's code. For a backend behind a network `upstream` gives the backend's URL, and `build`'s function
    gets the host and port of the proxy in between. Each test starts with an empty backend. Two fixtures are
    optional: `wipe` and `broken`.

    No check can be overridden or deleted. What cannot be supported is declared, and skipped with its reason;
    what every reporter must do cannot be declared so. The last line of the run counts the checks that hold::

        class TestFiles(ReporterContract):
            capabilities = Capabilities(name="files", holds=True)
            unsupported = {"test_two_processes_may_deliver_at_once": "the folder is locked by the first"}

            @pytest.fixture
            def build(self, tmp_path):
                return lambda: FilesReporter(tmp_path)

            @pytest.fixture
            def read(self, tmp_path):
                return lambda: [path.read_bytes() for path in tmp_path.glob("*/*.json")]

    Raises:
        TypeError: when the class is created: a check is overridden, or a declaration is wrong.
    """

    capabilities: ClassVar[Capabilities]
    """What the reporter can do."""
    unsupported: ClassVar[Mapping[str, str]] = {}
    """Checks that the reporter cannot pass by its nature, by name, with the reason."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        _refuse_wrong_declarations(cls)
        _refuse_overridden(cls)
        for name, method in CHECKS.items():
            reason = cls.unsupported.get(name) or _not_declared(cls, needs_of(method))
            setattr(cls, name, skipped(method, reason) if reason else method)

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Let the run end with the number of checks that hold; called by pytest for each of them."""
        print_summary(metafunc.config)
        _refuse_marks(metafunc.definition)


CHECKS: Mapping[str, Callable[..., None]] = all_checks(*ReporterContract.__bases__)
"""Every check, by name."""


def _not_declared(cls: type[ReporterContract], needs: Iterable[str]) -> str | None:
    """Give why a check is skipped; None, when it is not."""
    fixtures = [name for name in needs if name in OPTIONAL]
    if "no_network" in needs and cls.capabilities.network is not None:
        return f"{NOT_APPLICABLE}: it has a network"
    if {"network", "throttled"} & {*needs} and cls.capabilities.network is None:
        return f"{NOT_APPLICABLE}: it has no network"
    missing = cls.capabilities.lacks(name for name in needs if name not in OPTIONAL)
    missing += [f"the fixture {name!r}" for name in fixtures if not _overrides(cls, name)]
    return f"not declared: {', '.join(missing)}" if missing else None


def _overrides(cls: type[ReporterContract], name: str) -> bool:
    return inspect.getattr_static(cls, name) is not inspect.getattr_static(CheckFixtures, name)


def _refuse_wrong_declarations(cls: type[ReporterContract]) -> None:
    if not isinstance(getattr(cls, "capabilities", None), Capabilities):
        raise TypeError(
            f"{cls.__name__} does not say what its reporter can do: "
            "give it 'capabilities = newsdesk.testing.Capabilities(…)'"
        )
    if not cls.capabilities.keeps and _overrides(cls, "read"):
        raise TypeError(
            f"{cls.__name__} reads the backend with its fixture 'read', but declares keeps=False; "
            "remove one of them"
        )
    for name, reason in cls.unsupported.items():
        if name not in CHECKS:
            raise TypeError(
                f"{cls.__name__}.unsupported names {name!r}, which is not a check; "
                f"the checks are: {', '.join(CHECKS)}"
            )
        if is_required(CHECKS[name]):
            raise TypeError(
                f"{cls.__name__}.unsupported names {name!r}, which every reporter must pass; fix the reporter"
            )
        if not (isinstance(reason, str) and reason.strip()):
            raise TypeError(f"{cls.__name__}.unsupported has no reason for {name!r}: say why in a sentence")


def _refuse_overridden(cls: type[ReporterContract]) -> None:
    for name, method in CHECKS.items():
        found = inspect.getattr_static(cls, name)
        if found is not method and not is_skip(found):
            raise TypeError(
                f"{cls.__name__} overrides or deletes the check {name!r}; what the reporter cannot do is "
                f"declared: unsupported = {{{name!r}: 'why'}}"
            )
    for name in _KITS_OWN:
        if inspect.getattr_static(cls, name) is not inspect.getattr_static(ReporterContract, name):
            raise TypeError(f"{cls.__name__} overrides the kit's own {name!r}; rename yours")


def _refuse_marks(test: pytest.Item) -> None:
    """Refuse what skips every check, or lets it fail, without a condition.

    Raises:
        CollectError: a mark does that.
    """
    marks = [mark.name for mark in test.iter_markers()]
    for name in _NOT_RUN:
        if marks.count(name) > (name == "skip" and is_skip(getattr(test, "function", None))):
            raise pytest.Collector.CollectError(
                f"the mark {name!r} is on {test.nodeid}: remove it; what the reporter cannot do is declared "
                "in 'unsupported', and where its backend is missing 'skipif' skips"
            )
