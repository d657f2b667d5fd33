"""A fleet with an outbox in a bucket, for docs/delivery.md: `python -m benchmarks.bucket [PODS [SENDERS]]`.

Pods report to a backend that is down, each once and as a process of its own; then it is back, and senders
drain the bucket at the same time. The store is in memory and counts requests; how long they take is added up.
"""

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from newsdesk import Machine
from newsdesk.contract.answer import Answer
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.outbox.sender import Sender

from core.tests.outbox.memory import MemoryOutbox, MemoryStore

OUTAGE = 3600.0
"""Seconds in which the pods report."""
ROUND_TRIP, DELIVERY = 0.05, 0.3
"""Seconds for a request to the store, and for a delivery."""
SPEED = 50.0
"""How much faster the senders run here, so that they meet as they would."""
PRICES = {"get": 0.4, "put": 5.0, "list": 5.0, "delete": 0.0}
"""Dollars for a million requests: S3 Standard in us-east-1, https://aws.amazon.com/s3/pricing/."""


class Network:
    """A store that is a round trip away."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Callable[..., Any]:
        time.sleep(ROUND_TRIP / SPEED)
        return getattr(self._store, name)


def main(pods: int = 10_000, senders: int = 8) -> None:
    """Print requests for each record, dollars, and how long the drain takes."""
    store = MemoryStore()
    MemoryOutbox(store).put("mlflow", Machine(name="first"))
    store.requests.clear()
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda number: report(store, number), range(pods)))
    spent = Counter(kind for kind, _ in store.requests)
    print(
        f"{pods:,} reports that are kept: {told(spent, pods)}; {sum(spent.values()) / OUTAGE:.0f} requests/s"
    )
    store.requests.clear()
    network, sent = Network(store), list[str]()
    outboxes = [MemoryOutbox(network) for _ in range(senders)]
    each = [threading.Thread(target=drain, args=(outbox, sent)) for outbox in outboxes]
    for thread in each:
        thread.start()
    for thread in each:
        thread.join()
    spent = Counter(kind for kind, _ in store.requests)
    conflicts = sum(outbox._machines.conflicts for outbox in outboxes)  # noqa: SLF001  (for this page alone)
    assert sorted(sent) == sorted(["first", *(f"m{number}" for number in range(pods))]), "each is sent once"
    minutes = (sum(spent.values()) * ROUND_TRIP + len(sent) * DELIVERY) / senders / 60
    print(f"drained by {senders} in {minutes:.0f} minutes: {told(spent, pods)}; {conflicts} conflicts")


def report(store: MemoryStore, number: int) -> None:
    outbox, machine = MemoryOutbox(store), Machine(name=f"m{number}", metadata={"text": "x" * 20_000})
    [tickets] = outbox.begin(["mlflow"], [machine.key], lease=60)
    outbox.put("mlflow", machine, ticket=tickets["mlflow"])


def drain(outbox: MemoryOutbox, sent: list[str]) -> None:
    def deliver(label: str, machine: Machine, _: float) -> Answer:
        time.sleep(DELIVERY / SPEED)
        sent.append(machine.name)
        return Answer(Receipt(machine.key, machine.revision, label, Status.DELIVERED))

    for _ in Sender(outbox, deliver, deadline=60).send(["mlflow"], until=float("inf")):
        pass


def told(spent: Counter[str], count: int) -> str:
    kinds: Iterable[str] = sorted(spent)
    dollars = sum(PRICES[kind] * spent[kind] for kind in kinds) / 1e6
    return f"{', '.join(f'{spent[kind] / count:.2f} {kind}' for kind in kinds)} each, {dollars:.2f} $"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
