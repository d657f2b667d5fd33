"""Kills a delivery before and after each of its requests."""

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import NamedTuple

from newsdesk.contract.reporter import BaseReporter
from newsdesk.machine import Machine
from newsdesk.testing.faults.fault import Cut, Moment
from newsdesk.testing.processes.child import TIMEOUT, Child
from newsdesk.testing.proxy.proxy import FaultProxy


class Job(NamedTuple):
    """One delivery, made in a child process."""

    reporter: BaseReporter
    """The reporter, which reaches its backend through the proxy; it opens in the child."""
    machine: Machine
    """What it delivers."""


class Boundary(NamedTuple):
    """Where a delivery was killed."""

    request: int
    """The number of the request; the first is 1."""
    moment: Moment
    """Before the server has seen the request, or after its answer that the client has not seen."""
    label: str
    """The label of the request."""

    def __str__(self) -> str:
        return f"{self.moment} request {self.request}, {self.label}"


class Killed(NamedTuple):
    """A delivery that was killed."""

    boundary: Boundary
    """Where."""
    job: Job
    """The delivery."""


class Survived(NamedTuple):
    """The delivery that was not killed, since all its boundaries had been tried."""

    requests: int
    """The number of its requests."""
    job: Job
    """The delivery."""


def kill_at_every_boundary(
    proxy: FaultProxy,
    jobs: Iterable[Job],
    *,
    first: int = 1,
    moments: tuple[Moment, ...] = (Moment.BEFORE, Moment.AFTER),
) -> Iterator[Killed | Survived]:
    """Make one delivery after another, each in its own process, and kill each at another boundary.

    Between two steps nothing is broken: look at the backend, and report the same machine again. The last
    step is the delivery that came to its end, since all its boundaries had been tried.

    Args:
        proxy: The proxy to the backend, which nothing else uses meanwhile.
        jobs: One for each boundary, with the same requests, and new to the backend: machines that differ in
            their names, say.
        first: The first request to kill at.
        moments: The moments of each request to kill at.

    Raises:
        ChildFailed: a delivery failed that was not killed.
        AssertionError: there were fewer jobs than boundaries.
    """
    queue = iter(jobs)
    for request, moment in ((request, moment) for request in itertools.count(first) for moment in moments):
        job = next(queue, None)
        if job is None:
            raise AssertionError(f"no job is left for the kill {moment} request {request}; give more jobs")
        outcome = _deliver_and_kill(proxy, job, request, moment)
        yield outcome
        if isinstance(outcome, Survived):
            return


def _deliver_and_kill(proxy: FaultProxy, job: Job, request: int, moment: Moment) -> Killed | Survived:
    proxy.clear()
    proxy.recount()
    victim: Future[Child] = Future()
    labels: list[str] = []

    def kill(label: str) -> None:
        labels.append(label)
        victim.result(TIMEOUT).kill()

    proxy.fail(Cut(request, moment, kill), times=1)
    child = Child(deliver_once, *job)
    victim.set_result(child)
    with contextlib.closing(child):
        child.result()
    proxy.clear()
    if labels:
        return Killed(Boundary(request, moment, labels[0]), job)
    return Survived(proxy.recount().requests, job)


def deliver_once(reporter: BaseReporter, machine: Machine) -> None:
    """Open a reporter and deliver once, without a retry."""
    with reporter:
        reporter.report(machine)
