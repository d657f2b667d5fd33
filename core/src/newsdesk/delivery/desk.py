"""Sends machines to reporters, and gives a receipt for each."""

import copy
import dataclasses
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from newsdesk.builtin.registry import default_registry
from newsdesk.contract.receipt import DeliveryFailed, Receipt
from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.stored import StoredMachine
from newsdesk.contract.suggestions import listed
from newsdesk.delivery.engine import Engine
from newsdesk.delivery.pipeline import Pipeline
from newsdesk.delivery.retry import Retry
from newsdesk.delivery.route import Route, routes
from newsdesk.exceptions import DefinitionError
from newsdesk.machine import Machine, MachineKey
from newsdesk.plugins.registry import Registry

if TYPE_CHECKING:
    import os
    from concurrent.futures import Executor

    from newsdesk.delivery.spool import Spool
    from newsdesk.outbox import BaseOutbox

DEADLINE = 60.0
"""Seconds that one machine's delivery may take, when nothing else is said."""

DRAIN = 3
"""Owed machines that are sent along with a delivery that went well."""

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
            owed; a path, the URL of an object store, or an outbox.
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
        outbox: "BaseOutbox | str | os.PathLike[str] | None" = None,
        drain: int = DRAIN,
        plugins: Sequence[str] = (),
        registry: Registry | None = None,
    ) -> None:
        self._registry = registry or default_registry()
        for plugin in plugins:
            self._registry.load(plugin)
        self._plugins = tuple(plugins)
        self._engine = Engine(
            routes(
                reporters,
                registry=self._registry,
                allow_import_paths=allow_import_paths,
                has_outbox=outbox is not None,
            ),
            retry or Retry(),
            _seconds(deadline),
        )
        self._engine.surround(self._registry.around)
        self._drain = _count("drain", drain, least=0)
        self._spool = None if outbox is None else self._make_spool(outbox)
        self._pipeline = Pipeline(self._engine, self._spool, self._registry.tell)

    @property
    def routes(self) -> tuple[Route, ...]:
        """The reporters with their labels, in order."""
        return self._engine.routes

    @property
    def deadline(self) -> float:
        """Seconds for one machine's delivery to all reporters."""
        return self._engine.deadline

    def report(self, machine: object) -> list[Receipt]:
        """Deliver one machine to every reporter, and give a receipt for each.

        Args:
            machine: A `Machine`, a mapping, or any object with a `to_dict()`.

        Raises:
            MachineError: it is not a valid machine; nothing was sent.
            DeliveryFailed: a required reporter failed; it has all failures and all receipts.
        """
        receipts = list(self._pipeline.stream([machine]))
        if any(receipt.fails_report for receipt in receipts):
            raise DeliveryFailed(receipts)
        return receipts

    def report_many(
        self,
        machines: Iterable[object],
        executor: "Executor | None" = None,
        *,
        chunk_size: int | None = None,
        in_flight: int | None = None,
    ) -> Iterator[Receipt]:
        """Deliver any number of machines, and yield the receipts as they come, in the order of the machines.

        Machines are taken, and held, a few chunks at a time. Failures are on the receipts; they do not end
        the stream. When the stream is ended early, by Ctrl-C say, what was begun and not acknowledged goes to
        the outbox, if there is one.

        Args:
            machines: Machines, mappings, or objects with a `to_dict()`.
            executor: Who works: any `concurrent.futures.Executor`, such as a thread or process pool, or that
                of a `dask.distributed.Client`. Its workers get copies of the reporters and of the records, so
                `Machine.source` is not known there. Without one, everything is done here.
            chunk_size: Machines that are delivered together at the most; of a slow producer, fewer. By
                default 50; of what is made one by one, the first chunks are smaller, so that few machines
                wait for one that does not come.
            in_flight: Chunks that the executor has at a time at the most; by default, enough for one worker
                for each core.

        Raises:
            DefinitionError: the reporters cannot be sent to the executor's workers; nothing was sent.
            MachineError: one is not a valid machine; those before it are delivered.
            ReporterException: the executor takes no more work, or has not answered for as long as the
                deliveries of a chunk may take at the most, and ten minutes more.
        """
        if chunk_size is not None:
            _count("chunk_size", chunk_size, least=1)
        if in_flight is not None:
            _count("in_flight", in_flight, least=1)
        if executor is None:
            return self._pipeline.stream(machines, chunk_size)
        # Only for those who have an executor.
        from newsdesk.delivery.executors.delivery import ExecutorDelivery  # noqa: PLC0415

        delivery = ExecutorDelivery(self._engine.of_called(), executor, in_flight, self._registry.around)
        return self._pipeline.stream(machines, chunk_size, delivery.answers)

    def ping(self) -> list[tuple[Route, Exception | None]]:
        """Ask every backend whether it can be reached; give what each answered, bounded by the deadline."""
        return self._engine.ping()

    def holds(self, label: str, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Ask a reporter, within the deadline, which of these its backend holds in whatever revision.

        Raises:
            DefinitionError: The desk has no reporter of that label.
            NotImplementedError: it cannot tell.
            ReporterException: its backend cannot be asked.
        """
        self._refuse_unknown([label])
        return self._engine.reader(label).holds(keys)

    def fetch(
        self, label: str, name: str, project_name: str | None = None, revision: str | None = None
    ) -> Machine:
        """Read a machine back from a reporter's backend, within the deadline: equal to what was reported.

        Transient failures are tried again.

        Args:
            label: The reporter.
            name: The machine's name.
            project_name: Its project; optional if only one project has a machine of that name.
            revision: One of its revisions, whole or its first digits (at least 7); the newest by default.

        Raises:
            MachineDoesNotExist: The backend answers, and does not hold it.
            AmbiguousMachine: Several projects have one, and `project_name` is missing.
            DefinitionError: The desk has no reporter of that label, it cannot read machines back, or
                `revision` is not a revision, or the first digits of several.
            ReporterException: The backend cannot be read.

        Example:
            >>> import newsdesk, tempfile
            >>> with newsdesk.Desk({"files": {"path": tempfile.mkdtemp()}}) as desk:
            ...     _ = desk.report({"name": "pump-7", "project_name": "plant"})
            ...     desk.fetch("files", "pump-7").key
            MachineKey(project_name='plant', name='pump-7')
        """
        self._refuse_unknown([label])
        return self._engine.reader(label).fetch(name, project_name, revision)

    def machines(self, label: str, *, all_revisions: bool = False) -> Iterator[StoredMachine]:
        """Yield what a reporter's backend holds, in any order, as it is read.

        The deadline is for the next of them, not for all. Other calls to the reporter, such as `fetch`, may
        come between. A failure after the first page ends the listing.

        Args:
            label: The reporter.
            all_revisions: Yield every revision that the backend keeps, not the newest alone.

        Raises:
            DefinitionError: The desk has no reporter of that label, or it cannot list what its backend holds.
            ReporterException: The backend cannot be read; perhaps after some were yielded.
        """
        self._refuse_unknown([label])
        return self._engine.reader(label).machines(all_revisions=all_revisions)

    def send_owed(
        self, *, deadline: float | None = None, labels: Iterable[str] | None = None
    ) -> Iterator[Receipt]:
        """Send what the outbox owes to this desk's reporters, and yield a receipt for each machine.

        A reporter that fails several times in a row is left alone: its backend is down.

        Args:
            deadline: Seconds for all of it; no limit, when None.
            labels: Only to these reporters.

        Raises:
            DefinitionError: the desk has no outbox, or the deadline is not a number of seconds above 0.
        """
        if self._spool is None:
            raise DefinitionError("this desk has no outbox; give it one with 'outbox'")
        seconds = float("inf") if deadline is None else _seconds(deadline)
        known = [route.label for route in self.routes]
        wanted = known if labels is None else [labels] if isinstance(labels, str) else list(labels)
        self._refuse_unknown(wanted)
        return self._pipeline.send_owed(self._spool, wanted, seconds)

    def close(self) -> None:
        """Close the reporters; one that fails or hangs in it is logged and left."""
        for route, error in self._engine.close():
            _log.warning("the reporter %s did not close: %s", route.label, error)
        if self._spool is not None:
            self._spool.outbox.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __copy__(self) -> Self:
        return self._rebuilt(self._registry)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._rebuilt(self._registry)

    def __reduce__(self) -> tuple[Any, ...]:
        # A desk in another process is a desk: with its outbox, and with the plugins that it loads there.
        return partial(type(self), **self._arguments()), (self.routes,)

    def _rebuilt(self, registry: Registry) -> Self:
        # No reporter is used by the threads of two desks.
        own = [dataclasses.replace(route, reporter=copy.copy(route.reporter)) for route in self.routes]
        return type(self)(own, registry=registry, **self._arguments())

    def _arguments(self) -> dict[str, Any]:
        return {
            "retry": self._engine.retry,
            "deadline": self._engine.deadline,
            "outbox": None if self._spool is None else self._spool.outbox,
            "drain": self._drain,
            "plugins": self._plugins,
        }

    def _refuse_unknown(self, labels: Iterable[str]) -> None:
        known = [route.label for route in self.routes]
        if unknown := [label for label in labels if label not in known]:
            raise DefinitionError(
                f"the desk has no reporter with the label {listed(map(repr, unknown))}; "
                f"labels: {listed(known)}"
            )

    def _make_spool(self, outbox: "BaseOutbox | str | os.PathLike[str]") -> "Spool":
        from newsdesk.delivery.spool import Spool  # noqa: PLC0415  (SQLite, only for those who have an outbox)
        from newsdesk.outbox import BaseOutbox  # noqa: PLC0415  (the same)
        from newsdesk.outbox.places import outbox_at  # noqa: PLC0415  (the same)

        return Spool(
            outbox if isinstance(outbox, BaseOutbox) else outbox_at(outbox),
            {route.label: route for route in self.routes},
            self._engine.try_once,
            deadline=self.deadline,
            drain=self._drain,
        )


def _count(name: str, value: object, *, least: int) -> int:
    """Return a number of things.

    Raises:
        DefinitionError: It is not a whole number of at least `least`.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise DefinitionError(f"{name} must be a whole number of at least {least}, but is {value!r}")
    return value


def _seconds(deadline: object) -> float:
    """Give a deadline.

    Raises:
        DefinitionError: it is not a number of seconds above 0.
    """
    if isinstance(deadline, bool) or not isinstance(deadline, int | float) or not deadline > 0:
        raise DefinitionError(f"the deadline must be a number of seconds above 0, but is {deadline!r}")
    return float(min(deadline, threading.TIMEOUT_MAX))
