"""Sends machines to reporters, and gives a receipt for each."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

from newsdesk.exceptions import DefinitionError
from newsdesk.machine import Machine
from newsdesk.post import Call, Outcome, Post
from newsdesk.receipt import Delivery, DeliveryFailed, Receipt, Status
from newsdesk.registry import Registry, default_registry
from newsdesk.reporter import BaseReporter
from newsdesk.retry import Retry
from newsdesk.route import Route, routes
from newsdesk.secrets import mask_text

DEADLINE = 60.0
"""Seconds that one machine's delivery may take, when nothing else is said."""

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
        plugins: Entry points to load for their hooks.
        registry: Where names are looked up.

    Raises:
        DefinitionError: a definition cannot be used; all faults at once.
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
        plugins: Sequence[str] = (),
        registry: Registry | None = None,
    ) -> None:
        if isinstance(deadline, bool) or not isinstance(deadline, int | float) or not deadline > 0:
            raise DefinitionError(f"the deadline must be a number of seconds above 0, but is {deadline!r}")
        self._registry = registry or default_registry()
        for plugin in plugins:
            self._registry.load(plugin)
        self._retry = retry or Retry()
        self._deadline = float(deadline)
        self._posts = [
            Post(route)
            for route in routes(reporters, registry=self._registry, allow_import_paths=allow_import_paths)
        ]

    @property
    def routes(self) -> tuple[Route, ...]:
        """The reporters with their labels, in order."""
        return tuple(post.route for post in self._posts)

    def report(self, machine: object) -> list[Receipt]:
        """Deliver one machine to every reporter, and give a receipt for each.

        Args:
            machine: A `Machine`, a mapping, or any object with a `to_dict()`.

        Raises:
            MachineError: it is no machine; nothing was sent.
            DeliveryFailed: a required reporter failed; it has all failures and all receipts.
        """
        receipts = self._receipts(Machine.of(machine))
        if any(receipt.required and not receipt.ok for receipt in receipts):
            raise DeliveryFailed(receipts)
        return receipts

    def report_many(self, machines: Iterable[object]) -> Iterator[Receipt]:
        """Deliver machines one after the other, and yield the receipts of each as it is done.

        Only one machine is held at a time. Failures are told by the receipts; they do not end the stream.

        Raises:
            MachineError: one is no machine; those before it are delivered.
        """
        for machine in machines:
            yield from self._receipts(Machine.of(machine))

    def ping(self) -> list[tuple[Route, Exception | None]]:
        """Ask every backend whether it can be reached; give what each answered, bounded by the deadline."""
        until = time.monotonic() + self._deadline
        asked = [(post, post.ping()) for post in self._posts]
        return [(post.route, post.answer(call, until).error) for post, call in asked]

    def close(self) -> None:
        """Close the reporters; one that fails or hangs in it is logged and left."""
        until = time.monotonic() + _CLOSING
        for post, call in [(post, post.close()) for post in self._posts]:
            if (error := post.answer(call, until).error) is not None:
                _log.warning("the reporter %s did not close: %s", post.route.label, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _receipts(self, machine: Machine) -> list[Receipt]:
        started = time.monotonic()
        until = started + self._deadline
        shown = machine.redacted()
        _ = shown.revision  # made once, here, not in every thread
        asked = [(post, post.deliver(shown, self._retry, until)) for post in self._posts]
        return [self._receipt(post, call, shown, started) for post, call in asked]

    def _receipt(self, post: Post, call: Call, machine: Machine, started: float) -> Receipt:
        outcome = post.answer(call, started + self._deadline)
        delivery = outcome.delivery or Delivery()
        receipt = Receipt(
            machine=machine.key,
            revision=machine.revision,
            reporter=post.route.label,
            status=_status(outcome),
            required=post.route.required,
            attempts=outcome.attempts,
            seconds=outcome.ended - started,
            reference=None if delivery.reference is None else mask_text(delivery.reference, post.secrets),
            alterations=tuple(delivery.alterations),
            error=outcome.error,
        )
        _log.log(
            logging.INFO if receipt.ok else logging.WARNING,
            "%s at %s: %s, %d attempts, %.3f s%s",
            receipt.machine,
            receipt.reporter,
            receipt.status,
            receipt.attempts,
            receipt.seconds,
            "" if receipt.error is None else f": {type(receipt.error).__name__}: {receipt.error}",
        )
        self._registry.tell(receipt)
        return receipt


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
    allow_import_paths: Sequence[str] | None = None,
) -> list[Receipt]:
    """Deliver one machine, and give a receipt for each reporter.

    Args:
        machine: A `Machine`, a mapping, or any object with a `to_dict()`.
        reporters: Definitions, as in a config, or reporters; by default those of the machine's own
            `runtime.reporters`.
        retry: How often to try again.
        deadline: Seconds for the whole delivery.
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
    with Desk(reporters, retry=retry, deadline=deadline, allow_import_paths=allow_import_paths) as desk:
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
