"""The pytest fixtures of the checks: reporters, the proxy, and the records of the backend."""

import copy
import errno
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import ClassVar

import pytest

from newsdesk.contract.reporter import BaseReporter
from newsdesk.machine import Machine
from newsdesk.testing.capabilities import Capabilities
from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.delivering import NewReporter
from newsdesk.testing.inspection.io_events import DiskFault, failing_disk
from newsdesk.testing.processes.child import warm_up
from newsdesk.testing.proxy.proxy import FaultProxy

_KIT = (
    "newsdesk.testing.processes.killing",
    "newsdesk.testing.processes.simultaneous",
    "newsdesk.testing.processes.interrupting",
)
"""Modules that the kit's child processes need."""


Refusing = Callable[[str], AbstractContextManager[Callable[[], bool]]]
"""Lets the backend refuse a machine's records by its name; gives whether it has refused any."""

OPTIONAL = ("wipe", "broken", "values")
"""Fixtures that an author may leave out; the checks that need them are skipped then."""


class CheckFixtures:
    """The fixtures of the checks; an author writes `build`, `read` and, with a network, `upstream`."""

    capabilities: ClassVar[Capabilities]
    earlier: ClassVar[BaseReporter | None] = None
    """A reporter that the previous check has used, which has another place."""

    @pytest.fixture
    def upstream(self) -> str:
        """Give the URL of the backend, to which the proxy leads; only with a declared network."""
        raise NotImplementedError(
            f"{type(self).__name__} declares a network but not its address: write a fixture 'upstream' that "
            "gives the URL of the backend, with host and port"
        )

    @pytest.fixture
    def build(self) -> Callable[..., BaseReporter]:
        """Give a function that builds a reporter; with a network, for the host and port that it gets."""
        raise NotImplementedError(
            f"{type(self).__name__} builds no reporter: write a fixture 'build' that gives a function which "
            "builds one"
        )

    @pytest.fixture
    def read(self) -> Callable[[], Iterable[object]]:
        """Give a function that reads every record from the backend, without the reporter's code."""
        raise NotImplementedError(
            f"{type(self).__name__} does not read the backend: write a fixture 'read' that gives a function "
            "which reads every record of the backend, or declare keeps=False"
        )

    @pytest.fixture
    def wipe(self) -> Callable[[], object]:
        """Give a function that removes every record, without the reporter's code; optional."""
        raise NotImplementedError

    @pytest.fixture
    def values(self) -> Callable[[Machine], Mapping[str, object]]:
        """Give a function that reads what the backend shows of a machine beside its record; optional.

        It maps paths in the record, such as `metadata.build_metadata.model.model_offset`, to the values of
        fields, columns or points that the reporter has made of them; a missing one is None.
        """
        raise NotImplementedError

    @pytest.fixture
    def broken(self) -> Callable[[], AbstractContextManager[object]]:
        """Give a function that gives a context manager, within which the backend takes no record; optional.

        For a backend without a network: a folder that cannot be written to, a file that is locked.
        """
        raise NotImplementedError

    @pytest.fixture
    def fault_proxy(self, request: pytest.FixtureRequest) -> Iterator[FaultProxy | None]:
        """Give the proxy between reporter and backend; None without a network."""
        if self.capabilities.network is None:
            yield None
            return
        with FaultProxy.to(request.getfixturevalue("upstream")) as proxy:
            yield proxy

    @pytest.fixture
    def new_reporter(
        self, build: Callable[..., BaseReporter], fault_proxy: FaultProxy | None
    ) -> Iterator[NewReporter]:
        """Give a function that builds a reporter for the same place each time; all are closed at the end."""
        made: list[BaseReporter] = []
        address = () if fault_proxy is None else (fault_proxy.host, fault_proxy.port)

        def make() -> BaseReporter:
            made.append(build(*address))
            return made[-1]

        yield make
        if fault_proxy is not None:
            fault_proxy.clear()
        for reporter in made:
            reporter.close()
        if made:
            type(self).earlier = copy.copy(made[-1])

    @pytest.fixture
    def refusing(self, fault_proxy: FaultProxy | None) -> Refusing:
        """Give what lets the backend refuse the records of one machine."""
        return _forbidden if fault_proxy is None else partial(self._rejected, fault_proxy)

    @pytest.fixture
    def held(self, request: pytest.FixtureRequest) -> BackendRecords:
        """Give the records of the backend."""
        return BackendRecords(request.getfixturevalue("read"))

    @contextmanager
    def _rejected(self, fault_proxy: FaultProxy, name: str) -> Iterator[Callable[[], bool]]:
        answer = self.capabilities.network and self.capabilities.network.rejected
        if answer:
            fault_proxy.fail(replace(answer, within=name.encode()))
        yield lambda: bool(answer)
        fault_proxy.clear()

    @pytest.fixture
    def children(self) -> None:
        """Make child processes start quickly."""
        _warm_up_once(*self.capabilities.preload)


@contextmanager
def _forbidden(name: str) -> Iterator[Callable[[], bool]]:
    with failing_disk(DiskFault(errno.EACCES, within=name)) as fault:
        yield lambda: fault.hits > 0


@cache
def _warm_up_once(*modules: str) -> None:
    warm_up("newsdesk.delivery.desk", *_KIT, *modules)
