"""Sends machines to reporters, and gives a receipt for each."""

import contextlib
import dataclasses
import logging
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from newsdesk.builtin.registry import default_registry
from newsdesk.contract.delivery import Delivery
from newsdesk.contract.receipt import DeliveryFailed, Receipt, Status
from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.chunks import CHUNK_SIZE, IN_FLIGHT, delivered, outcomes
from newsdesk.delivery.dispatcher import Outcome, Post
from newsdesk.delivery.executor_worker import worker_routes
from newsdesk.delivery.retry import Retry
from newsdesk.delivery.route import Route, routes
from newsdesk.exceptions import DefinitionError
from newsdesk.machine import Machine, MachineKey
from newsdesk.plugins.registry import Registry
from newsdesk.secrets import mask_text

if TYPE_CHECKING:
    import os
    from concurrent.futures import Executor

    from newsdesk.delivery.spool import Keeper
    from newsdesk.outbox import Outbox

DEADLINE = 60.0
"""Seconds that one machine's delivery may take, when nothing else is said."""

DRAIN = 3
"""Owed machines that are sent along with a delivery that went well."""

_CLOSING = 5.0
"""Seconds that a reporter may take to close."""

_log = logging.getLogger(__name__)


class Desk:
    """Sends machines to reporters.

    All reporters work at the same time, each in a thread of its own, so that none can stop or hold up
    another. One that has not answered when the deadline is over counts as failed; its thread is left behind,
    because Python cannot stop a thread, and a new one with a new reporter takes its place. It cannot keep the
    process from ending. What it was doing may still reach its backend: reporters are idempotent for that.
    Code that holds the interpreter itself, as a C extension may, is beyond this.

    A desk is a context manager; at its end the reporters are closed.

    Args:
        reporters: Definitions, as in a config, or reporters.
        retry: How often to try again.
        deadline: Seconds for one machine's delivery to all reporters, retries and pauses included.
        allow_import_paths: Prefixes of the import paths that definitions may use; all, when None.
        outbox: Where to keep what could not be delivered in time, and what a reporter with `spool: always` is
            owed; a path, or an `Outbox`.
        drain: How many owed machines of a reporter are sent after a delivery to it went well, at the most.
        plugins: Entry points to load for their hooks.
        registry: Where names are looked up.

    Raises:
        DefinitionError: a definition cannot be used, or asks for an outbox where there is none; all faults at
            once.
    """

    def __init__(
        self,
        reporters: Iterable[str | Mapping[str, Any] | BaseReporter | Route]
        | str
        | Mapping[str, Any]
        | BaseReporter,
        *,
        retry: Retry | None = None,
        deadline: float = DEADLINE,
        allow_import_paths: Sequence[str] | None = None,
        outbox: "Outbox | str | os.PathLike[str] | None" = None,
        drain: int = DRAIN,
        plugins: Sequence[str] = (),
        registry: Registry | None = None,
    ) -> None:
        if isinstance(deadline, bool) or not isinstance(deadline, int | float) or not deadline > 0:
            raise DefinitionError(f"the deadline must be a number of seconds above 0, but is {deadline!r}")
        self._registry = registry or default_registry()
        for plugin in plugins:
            self._registry.load(plugin)
        self._retry = retry or Retry()
        self._deadline = float(min(deadline, threading.TIMEOUT_MAX))
        self._posts = {
            route.label: Post(route)
            for route in routes(
                reporters,
                registry=self._registry,
                allow_import_paths=allow_import_paths,
                has_outbox=outbox is not None,
            )
        }
        self._keeper = None if outbox is None else self._make_keeper(outbox, drain)

    @property
    def routes(self) -> tuple[Route, ...]:
        """The reporters with their labels, in order."""
        return tuple(post.route for post in self._posts.values())

    @property
    def deadline(self) -> float:
        """Seconds for one machine's delivery to all reporters."""
        return self._deadline

    def report(self, machine: object) -> list[Receipt]:
        """Deliver one machine to every reporter, and give a receipt for each.

        Args:
            machine: A `Machine`, a mapping, or any object with a `to_dict()`.

        Raises:
            MachineError: it is no machine; nothing was sent.
            DeliveryFailed: a required reporter failed; it has all failures and all receipts.
        """
        receipts = self._receipts(Machine.of(machine))
        if any(receipt.fails_report for receipt in receipts):
            raise DeliveryFailed(receipts)
        return receipts

    def report_many(
        self,
        machines: Iterable[object],
        executor: "Executor | None" = None,
        *,
        chunk_size: int = CHUNK_SIZE,
        in_flight: int = IN_FLIGHT,
    ) -> Iterator[Receipt]:
        """Deliver any number of machines, and yield the receipts as they come, in the order of the machines.

        Machines are taken, and held, a few chunks at a time. Failures are told by the receipts; they do not
        end the stream. When the stream is ended early, by Ctrl-C say, what was begun and not acknowledged
        goes to the outbox, if there is one.

        Args:
            machines: Machines, mappings, or objects with a `to_dict()`.
            executor: Who works: any `concurrent.futures.Executor`, such as a thread or process pool, or that
                of a `dask.distributed.Client`. Its workers get copies of the desk and of the records, so
                `Machine.source` is not known there. Without one, everything is done here.
            chunk_size: Machines that are delivered together.
            in_flight: Chunks that the executor has at a time, at the most: twice its workers keep it busy.

        Raises:
            DefinitionError: the reporters cannot be sent to the executor's workers; nothing was sent.
            MachineError: one is no machine; those before it are delivered.
            ReporterException: the executor takes no more work, or has not answered for as long as the
                deliveries of a chunk may take at the most, and ten minutes more.
        """
        noted = map(self._noted, machines)
        with contextlib.closing(delivered(self, noted, executor, chunk_size, in_flight)) as answered:
            for receipts in answered:
                yield from receipts
                self._send_along([r.reporter for r in receipts if r.ok], time.monotonic() + self._deadline)

    def ping(self) -> list[tuple[Route, Exception | None]]:
        """Ask every backend whether it can be reached; give what each answered, bounded by the deadline."""
        until = time.monotonic() + self._deadline
        asked = [(post, post.ping()) for post in self._posts.values()]
        return [(post.route, post.answer(call, until).error) for post, call in asked]

    def holds(self, label: str, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Ask a reporter, within the deadline, which of these its backend holds in whatever revision.

        Raises:
            NotImplementedError: it cannot tell.
            ReporterException: its backend cannot be asked.
        """
        post, found = self._posts[label], set[MachineKey]()
        outcome = post.answer(post.holds(keys, found), time.monotonic() + self._deadline)
        if outcome.error is not None:
            raise outcome.error
        return found

    def close(self) -> None:
        """Close the reporters; one that fails or hangs in it is logged and left."""
        until = time.monotonic() + _CLOSING
        for post, call in [(post, post.close()) for post in self._posts.values()]:
            if (error := post.answer(call, until).error) is not None:
                _log.warning("the reporter %s did not close: %s", post.route.label, error)
        if self._keeper is not None:
            self._keeper.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send_owed(
        self, *, deadline: float | None = None, labels: Iterable[str] | None = None
    ) -> Iterator[Receipt]:
        """Send what the outbox owes to this desk's reporters, and yield a receipt for each machine.

        A reporter that fails several times in a row is left alone: its backend is down.

        Args:
            deadline: Seconds for all of it; no limit, when None.
            labels: Only to these reporters.

        Raises:
            DefinitionError: the desk has no outbox.
        """
        if self._keeper is None:
            raise DefinitionError("this desk has no outbox; give it one with 'outbox'")
        until = float("inf") if deadline is None else time.monotonic() + deadline
        sent = self._keeper.send(list(self._posts if labels is None else labels), until)
        yield from map(self._told_of_owed, sent)

    def __reduce__(self) -> tuple[Any, ...]:
        # As a worker uses it: what is spooled or told is spooled and told by who gave the work.
        return _for_worker, (worker_routes(self.routes), self._retry, self._deadline)

    # For the modules that make up a desk.

    def answers(self, machines: Sequence[Machine]) -> Generator[list[Receipt], None, None]:
        """Deliver redacted machines together, and give what the reporters answered of each.

        Nothing is kept yet. Those with `spool: always` are not asked, see `kept`.
        """
        streams = {
            label: outcomes(post, machines, self._retry, self._deadline)
            for label, post in self._posts.items()
            if post.route.spool != "always"
        }
        try:
            for machine in machines:
                yield [
                    self._receipt(self._posts[label], machine, next(told)) for label, told in streams.items()
                ]
        finally:  # when it was stopped, none of them goes on with the rest
            for stream in streams.values():
                stream.close()

    def unanswered(self, route: Route, machine: Machine, error: Exception | None) -> Receipt:
        """Give the receipt of what no reporter has answered."""
        return Receipt(
            machine=machine.key,
            revision=machine.revision,
            reporter=route.label,
            status=Status.FAILED,
            required=route.required,
            accepts_spooled=route.accepts_spooled,
            attempts=0,
            error=error,
        )

    def kept(self, machine: Machine) -> Iterator[Receipt]:
        """Keep a machine for the reporters with `spool: always`: it is safe before anything can hang."""
        for route in self.routes:
            if route.spool == "always":
                yield self.finish(self.unanswered(route, machine, None), machine)

    def finish(self, receipt: Receipt, machine: Machine) -> Receipt:
        """Keep what is owed, and tell everybody who wants to know."""
        finished = receipt if self._keeper is None else self._keeper.keep(receipt, machine)
        self._tell(finished)
        return finished

    def _receipts(self, machine: Machine) -> list[Receipt]:
        until = time.monotonic() + self._deadline
        shown = self._noted(machine).redacted()
        finished = {receipt.reporter: receipt for receipt in self.kept(shown)}
        calls = {
            label: post.deliver(shown, self._retry, until)
            for label, post in self._posts.items()
            if label not in finished
        }
        try:
            receipts = {
                label: self._receipt(self._posts[label], shown, self._posts[label].answer(call, until))
                for label, call in calls.items()
            }
        except BaseException:  # Ctrl-C: nobody waits for them any more
            for label, call in calls.items():
                self._posts[label].leave(call)
            raise
        finished |= {label: self.finish(receipt, shown) for label, receipt in receipts.items()}
        self._send_along([label for label, receipt in finished.items() if receipt.ok], until)
        return [finished[label] for label in self._posts]

    def _receipt(self, post: Post, machine: Machine, outcome: Outcome) -> Receipt:
        delivery = outcome.delivery or Delivery()
        return dataclasses.replace(
            self.unanswered(post.route, machine, outcome.error),
            status=_status(outcome),
            attempts=outcome.attempts,
            seconds=outcome.ended - outcome.began,
            reference=None if delivery.reference is None else mask_text(delivery.reference, post.secrets),
            alterations=tuple(delivery.alterations),
        )

    def _noted(self, machine: object) -> Machine:
        made = Machine.of(machine)
        if self._keeper is not None:
            self._keeper.note(made.redacted())
        return made

    def _send_along(self, labels: Sequence[str], until: float) -> None:
        if self._keeper is not None:
            for receipt in self._keeper.send_along(labels, until):
                self._told_of_owed(receipt)

    def _told_of_owed(self, receipt: Receipt) -> Receipt:
        route = self._posts[receipt.reporter].route
        told = dataclasses.replace(receipt, required=route.required, accepts_spooled=route.accepts_spooled)
        self._tell(told)
        return told

    def _make_keeper(self, outbox: "Outbox | str | os.PathLike[str]", drain: int) -> "Keeper":
        from newsdesk.delivery.spool import Keeper  # noqa: PLC0415  (SQLite, only for those who have an outbox)
        from newsdesk.outbox import Outbox  # noqa: PLC0415  (the same)

        return Keeper(
            outbox if isinstance(outbox, Outbox) else Outbox(outbox),
            {label: post.route for label, post in self._posts.items()},
            self._deliver_owed,
            deadline=self._deadline,
            drain=drain,
        )

    def _deliver_owed(self, label: str, machine: Machine, until: float) -> Receipt:
        """Try once: the outbox itself is the retry."""
        post = self._posts[label]
        outcome = post.answer(post.deliver(machine, Retry(attempts=1), until), until)
        return self._receipt(post, machine, outcome)

    def _tell(self, receipt: Receipt) -> None:
        _log.log(
            logging.INFO if receipt.settled else logging.WARNING,
            "%s at %s: %s, %d attempts, %.3f s%s",
            receipt.machine,
            receipt.reporter,
            receipt.status,
            receipt.attempts,
            receipt.seconds,
            "" if receipt.error is None else f": {type(receipt.error).__name__}: {receipt.error}",
        )
        self._registry.tell(receipt)


def report(
    machine: object,
    reporters: Iterable[str | Mapping[str, Any] | BaseReporter]
    | str
    | Mapping[str, Any]
    | BaseReporter
    | None = None,
    *,
    retry: Retry | None = None,
    deadline: float = DEADLINE,
    outbox: "Outbox | str | os.PathLike[str] | None" = None,
    allow_import_paths: Sequence[str] | None = None,
) -> list[Receipt]:
    """Deliver one machine, and give a receipt for each reporter.

    Args:
        machine: A `Machine`, a mapping, or any object with a `to_dict()`.
        reporters: Definitions, as in a config, or reporters; by default those of the machine's own
            `runtime.reporters`.
        retry: How often to try again.
        deadline: Seconds for the whole delivery.
        outbox: Where to keep what could not be delivered in time.
        allow_import_paths: Prefixes of the import paths that definitions may use; all, when None.

    Raises:
        MachineError: it is no machine.
        DefinitionError: a definition cannot be used. Either way nothing was sent.
        DeliveryFailed: a required reporter failed; it has all failures and all receipts.
    """
    made = Machine.of(machine)
    if reporters is None:
        reporters = own_reporters(made)
        if not reporters:
            _log.warning(
                "%s has no runtime.reporters and none were given, so it is reported to nobody", made.key
            )
    with Desk(
        reporters, retry=retry, deadline=deadline, outbox=outbox, allow_import_paths=allow_import_paths
    ) as desk:
        return desk.report(made)


def own_reporters(machine: Machine) -> list[Any]:
    """Give the definitions in a machine's own `runtime.reporters`; none is an empty list."""
    entries = machine.runtime.get("reporters")
    return list(entries) if isinstance(entries, list) else [] if entries is None else [entries]


def _status(outcome: Outcome) -> Status:
    if outcome.error is not None:
        return Status.FAILED
    return (
        Status.UNCHANGED if outcome.delivery is not None and outcome.delivery.unchanged else Status.DELIVERED
    )


def _for_worker(ways: tuple[Route, ...], retry: Retry, deadline: float) -> Desk:
    return Desk(ways, retry=retry, deadline=deadline)
