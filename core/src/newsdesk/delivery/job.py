"""A machine on its way through a desk, and machines in chunks."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from newsdesk.contract.receipt import Receipt
from newsdesk.delivery.route import Route
from newsdesk.machine import Machine, MachineKey

if TYPE_CHECKING:
    from newsdesk.outbox import Ticket

CHUNK_SIZE = 50
"""Machines that are delivered together at the most: a task of an executor, a statement of a database."""

SLOW = 0.05
"""Seconds that a producer may take for the machines of a chunk before those that it gave are delivered."""


@dataclass
class Job:
    """A machine that was taken, and what is known of it so far."""

    key: MachineKey
    """Which machine."""
    revision: str
    """Which content of it."""
    forms: dict[str, Machine] = field(default_factory=dict)
    """The machine as each reporter gets it, by their labels; without those that it is not for.

    Where all of them are redacted, nothing holds the original.
    """
    tickets: Mapping[str, "Ticket"] = field(default_factory=dict)
    """The order of its deliveries, by the reporters' labels; empty without an outbox."""
    is_last: bool = False
    """Whether it is the last of its chunk."""
    receipts: dict[str, Receipt] = field(default_factory=dict)
    """What is finished, by the reporters' labels."""

    @classmethod
    def of(cls, machine: Machine, routes: Iterable[Route]) -> Self:
        """Make the job of a machine, with what each of some reporters gets of it."""
        machine = machine.redacted()
        made: dict[object, Machine] = {}
        job = cls(machine.key, machine.revision)
        for route in routes:
            if route.takes(machine):
                if route.redact not in made:
                    made[route.redact] = route.form_of(machine)
                job.forms[route.label] = made[route.redact]
        return job


def chunks(jobs: Iterable[Job], most: int = CHUNK_SIZE, *, first: int | None = None) -> Iterator[list[Job]]:
    """Group jobs as they are taken.

    Where the producer is slow, nothing waits for what comes next. A machine that comes again begins a new
    chunk: its revisions must not be delivered together.

    Args:
        jobs: The jobs, as they are taken.
        most: How many are together at the most.
        first: How many are in the first chunk at the most, `most` when None; from one chunk to the next it is
            twice as many.
    """
    size, chunk, seconds = most if first is None else first, dict[MachineKey, Job](), 0.0
    source = iter(jobs)
    while True:
        began = time.monotonic()
        try:
            job = next(source)
        except StopIteration:
            break
        except Exception:
            if chunk:  # those before the one that is wrong are right
                yield [*chunk.values()]
            raise
        seconds += time.monotonic() - began
        if job.key in chunk:
            yield [*chunk.values()]
            chunk, seconds = {}, 0.0
        chunk[job.key] = job
        if len(chunk) >= size or seconds > SLOW:
            yield [*chunk.values()]
            size, chunk, seconds = min(2 * size, max(1, most)), {}, 0.0
    if chunk:
        yield [*chunk.values()]
