"""Kills a delivery at every request boundary in turn."""

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import NamedTuple

from newsdesk.contract.reporter import BaseReporter
from newsdesk.machine import Machine
from newsdesk.testing.children import PATIENCE, Child
from newsdesk.testing.faults import Cut, Moment
from newsdesk.testing.proxy import FaultProxy


class Job(NamedTuple):
    """One delivery, as a process of its own makes it: a reporter is a value, and goes along."""

    reporter: BaseReporter
    """Who delivers, through the proxy; it opens in the child."""
    machine: Machine
    """What."""


class Boundary(NamedTuple):
    """Where a delivery was killed."""

    request: int
    """At which request of the delivery; the first is 1."""
    moment: Moment
    """Before the server has seen it, or after the server has answered and the client has not seen that."""
    label: str
    """What the request is called."""

    def __str__(self) -> str:
        return f"{self.moment} request {self.request}, {self.label}"


class Killed(NamedTuple):
    """A delivery that was killed."""

    boundary: Boundary
    """Where."""
    job: Job
    """Which one."""


class Survived(NamedTuple):
    """The delivery that got through, after all its boundaries had been tried."""

    requests: int
    """How many requests it made."""
    job: Job
    """Which one."""


def kill_at_every_boundary(
    proxy: FaultProxy,
    jobs: Iterable[Job],
    *,
    first: int = 1,
    moments: tuple[Moment, ...] = (Moment.BEFORE, Moment.AFTER),
) -> Iterator[Killed | Survived]:
    """Make one delivery after the other, each in a process of its own, and kill each at another boundary.

    While this waits for the next step, nothing is broken: look at the backend, and report the same machine
    again. The last thing that is given is the delivery that made no request which had not been tried.

    Args:
        proxy: Through which the reporters reach their backend, and nobody else does meanwhile.
        jobs: One for each boundary, equal in what they send and not yet known to the backend: of machines
            that differ in their names, say.
        first: The request to begin with.
        moments: At which moments of each request.

    Raises:
        ChildFailed: a delivery failed that was not killed.
        AssertionError: there were fewer jobs than boundaries.
    """
    queue = iter(jobs)
    for request, moment in ((request, moment) for request in itertools.count(first) for moment in moments):
        job = next(queue, None)
        if job is None:
            raise AssertionError(f"there was no job left for the kill {moment} request {request}; give more")
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
        victim.result(PATIENCE).kill()

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
    """Open a reporter and make one delivery, without a second try."""
    with reporter:
        reporter.report(machine)
