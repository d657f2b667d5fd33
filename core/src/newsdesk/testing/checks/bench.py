"""What the checks work with: reporters, the backend seen by another road, and the proxy between them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import cache
from typing import ClassVar

import pytest

from newsdesk.contract.reporter import BaseReporter
from newsdesk.machine import Machine
from newsdesk.testing.capabilities import Capabilities
from newsdesk.testing.checks.check import expect
from newsdesk.testing.children import warm_up
from newsdesk.testing.proxy import FaultProxy

NewReporter = Callable[[], BaseReporter]


class Held:
    """What a backend holds."""

    def __init__(self, read: Callable[[], Iterable[object]]) -> None:
        self._read = read

    def records(self) -> list[bytes]:
        """Give every copy of every record, as canonical JSON."""
        return [_machine(record).to_json() for record in self._read()]

    def of(self, *machines: Machine) -> list[bytes]:
        """Give every copy of every record that is filed under one of these machines' keys."""
        keys = {machine.key for machine in machines}
        return [record for record in self.records() if Machine.from_json(record).key in keys]

    def expect(self, *machines: Machine, after: str) -> None:
        """Fail unless of these machines exactly these records are there, each whole and once.

        Raises:
            AssertionError: what differs.
        """
        found = self.of(*machines)
        wanted = [machine.to_json() for machine in machines]
        for record in wanted:
            count = found.count(record)
            expect(
                count, f"after {after} the backend does not hold {_shown(record)}; of its key: {_list(found)}"
            )
            expect(count == 1, f"after {after} the backend holds {count} copies of {_shown(record)}")
        more = [record for record in found if record not in wanted]
        expect(not more, f"after {after} the backend holds what was not reported: {_list(more)}")


class Bench:
    """The fixtures of the checks; a test's own are `build`, `read` and, with a network, `upstream`."""

    capabilities: ClassVar[Capabilities]

    @pytest.fixture
    def upstream(self) -> str:
        """Give the URL of the backend, which the proxy leads to; only where a network is declared."""
        raise NotImplementedError(
            f"{type(self).__name__} declares a network and gives no address: write a fixture 'upstream' that "
            "gives the URL of the backend, with host and port"
        )

    @pytest.fixture
    def build(self) -> Callable[..., BaseReporter]:
        """Give a function that builds a reporter; with a network, for the host and port that it gets."""
        raise NotImplementedError(
            f"{type(self).__name__} builds no reporter: write a fixture 'build' that gives a function which "
            "does"
        )

    @pytest.fixture
    def read(self) -> Callable[[], Iterable[object]]:
        """Give a function that reads every record from the backend, by another road than the reporter's."""
        raise NotImplementedError(
            f"{type(self).__name__} reads nothing: write a fixture 'read' that gives a function which "
            "reads every record of the backend, or declare keeps=False"
        )

    @pytest.fixture
    def fault_proxy(self, request: pytest.FixtureRequest) -> Iterator[FaultProxy | None]:
        """Give what stands between reporter and backend; None without a network."""
        if self.capabilities.network is None:
            yield None
            return
        with FaultProxy.to(request.getfixturevalue("upstream")) as proxy:
            yield proxy

    @pytest.fixture
    def new_reporter(
        self, build: Callable[..., BaseReporter], fault_proxy: FaultProxy | None
    ) -> Iterator[NewReporter]:
        """Give a function that builds a reporter, to the same place each time; all are closed at the end."""
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

    @pytest.fixture
    def held(self, request: pytest.FixtureRequest) -> Held:
        """Give what the backend holds."""
        return Held(request.getfixturevalue("read"))

    @pytest.fixture
    def children(self) -> None:
        """Let child processes start quickly."""
        _warm_up_once(*self.capabilities.preload)


def deliver(reporter: BaseReporter, *machines: Machine) -> None:
    """Deliver machines, and close."""
    with closing(reporter):
        for machine in machines:
            reporter.report(machine)


@cache
def _warm_up_once(*modules: str) -> None:
    warm_up("newsdesk.delivery.desk", "newsdesk.testing", *modules)


def error_of(call: Callable[..., object], *arguments: object) -> Exception | None:
    """Give what a call raises."""
    try:
        call(*arguments)
    except Exception as error:  # noqa: BLE001  (whatever it is, the check judges it)
        return error
    return None


def _machine(record: object) -> Machine:
    return Machine.from_json(record) if isinstance(record, bytes | str) else Machine.of(record)


_MOST = 400
_FEW = 4


def _shown(record: bytes) -> str:
    text = record.decode("utf-8", "backslashreplace")
    return text if len(text) <= _MOST else f"{text[:_MOST]}… ({len(record)} bytes)"


def _list(records: list[bytes]) -> str:
    more = f" and {len(records) - _FEW} more" if len(records) > _FEW else ""
    return "; ".join(map(_shown, records[:_FEW])) + more if records else "nothing"
