"""The outbox: what a step costs among a million entries, against among a thousand."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from newsdesk import Machine
from newsdesk.outbox import Bounds, Entry, Outbox
from newsdesk.outbox.ledger import Ledger

from benchmarks.ratio import Figure, Way, compare

FEW, MANY = 1_000, 1_000_000
CHUNK = 1_000
LABEL = "label"
_names = itertools.count()


def figures(rounds: int = 200) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        few, many = (_filled(Path(folder) / f"{count}.db", count) for count in (FEW, MANY))
        steps: dict[str, Callable[[Outbox], Iterator[Way]]] = {
            "put": _puts,
            "claim": _claims,
            "delivered": _deliveries,
            "begin and settle": _reports,
        }
        for name, step in steps.items():
            title = f"Outbox: {name} among {MANY:,} entries, vs among {FEW:,}"
            yield compare(title, 2, rounds, ours=step(many), raw=step(few))
        few.close()
        many.close()


def _machine() -> Machine:
    return Machine(name=f"m{next(_names)}", project_name="p", metadata={"text": "x" * 300})


def _filled(path: Path, count: int) -> Outbox:
    """Fill an outbox as `put` does, but many at once."""
    outbox = Outbox(path, Bounds(max_bytes=10**12, max_age=10**9))
    for _ in range(0, count, CHUNK):
        outbox._store.write(_put_some, durable=False)  # noqa: SLF001  (one by one takes an hour)
    return outbox


def _put_some(ledger: Ledger) -> None:
    for _ in range(CHUNK):
        ledger.put(LABEL, _machine(), None, None, running=False)


def _puts(outbox: Outbox) -> Iterator[Way]:
    while True:
        yield partial(outbox.put, LABEL, _machine())


def _claim(outbox: Outbox) -> Entry:
    [entry] = outbox.claim([LABEL], lease=600)
    return entry


def _claims(outbox: Outbox) -> Iterator[Way]:
    claimed: list[Entry] = []
    while True:
        if claimed:
            outbox.release(claimed.pop(), error="", pause=0)
        yield lambda: claimed.append(_claim(outbox))


def _deliveries(outbox: Outbox) -> Iterator[Way]:
    while True:
        yield partial(outbox.delivered, _claim(outbox))


def _reports(outbox: Outbox) -> Iterator[Way]:
    while True:
        yield partial(_report, outbox, _machine())


def _report(outbox: Outbox, machine: Machine) -> None:
    [tickets] = outbox.begin([LABEL], [machine.key], lease=600)
    outbox.settle(machine, tickets[LABEL])
