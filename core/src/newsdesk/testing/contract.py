"""ReporterContract: the class that an author subclasses to test a reporter."""

import inspect
from collections.abc import Callable, Mapping
from typing import ClassVar

from newsdesk.testing.capabilities import Capabilities
from newsdesk.testing.checks.answers import AnswerChecks
from newsdesk.testing.checks.concurrency import ConcurrencyChecks
from newsdesk.testing.checks.content import ContentChecks
from newsdesk.testing.checks.discovery import DiscoveryChecks
from newsdesk.testing.checks.faults import FaultChecks
from newsdesk.testing.checks.repetition import RepetitionChecks
from newsdesk.testing.checks.value import ValueChecks
from newsdesk.testing.harness.check import all_checks, is_skip, needs_of, skipped
from newsdesk.testing.harness.fixtures import CheckFixtures

_KITS_OWN = ("fault_proxy", "new_reporter", "held", "children")


class ReporterContract(
    ValueChecks,
    DiscoveryChecks,
    ContentChecks,
    RepetitionChecks,
    ConcurrencyChecks,
    FaultChecks,
    AnswerChecks,
):
    """All checks of a reporter, for pytest.

    A subclass declares what the reporter can do, and has the fixtures `build`, which gives a function that
    builds it, and `read`, which gives a function that reads every record of the backend without the
    reporter's code. For a backend behind a network `upstream` gives the backend's URL, and `build`'s function
    gets the host and port of the proxy in between. Each test starts with an empty backend.

    No check can be overridden or deleted. What cannot be supported is declared, and skipped with its reason::

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
            reason = cls.unsupported.get(name) or cls.capabilities.lacks(needs_of(method))
            setattr(cls, name, skipped(method, reason) if reason else method)


CHECKS: Mapping[str, Callable[..., None]] = all_checks(*ReporterContract.__bases__)
"""Every check, by name."""


def _refuse_wrong_declarations(cls: type[ReporterContract]) -> None:
    if not isinstance(getattr(cls, "capabilities", None), Capabilities):
        raise TypeError(
            f"{cls.__name__} does not say what its reporter can do: "
            "give it 'capabilities = newsdesk.testing.Capabilities(…)'"
        )
    for name, reason in cls.unsupported.items():
        if name not in CHECKS:
            raise TypeError(
                f"{cls.__name__}.unsupported names {name!r}, which is not a check; "
                f"the checks are: {', '.join(CHECKS)}"
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
        if inspect.getattr_static(cls, name) is not inspect.getattr_static(CheckFixtures, name):
            raise TypeError(f"{cls.__name__} overrides the kit's own fixture {name!r}; rename yours")
