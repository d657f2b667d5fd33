"""What an executor's worker does: it delivers with its own copy of a desk's engine."""

import atexit
import contextlib
import contextvars
import os
import pickle
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from newsdesk.contract.answer import Answer
from newsdesk.contract.receipt import Receipt
from newsdesk.delivery.attempts.attempts import Surround
from newsdesk.delivery.engine import Engine
from newsdesk.delivery.outcome import stand_in
from newsdesk.future import Future
from newsdesk.machine import Machine
from newsdesk.worker import ForkLock

Records = Sequence[tuple[bytes, Sequence[str]]]
"""A machine as JSON, in each of its forms, with the labels of the reporters that get it so."""


@dataclass(eq=False)
class Copy:
    """A worker's copy of an engine, for as long as one stream lasts."""

    engine: Engine
    """The copy."""
    busy: threading.Lock = field(default_factory=threading.Lock)
    """Held while the worker delivers."""
    is_left: bool = False
    """Whether nobody waits for it any more."""

    def leave(self) -> None:
        """Close the reporters, now, or when the worker has finished the machine that it is at."""
        self.is_left = True
        self.rest()

    def rest(self) -> None:
        """Close the reporters while the worker has nothing to do; the next delivery opens them again."""
        if self.busy.acquire(blocking=False):
            try:
                self.engine.close()
            finally:
                self.busy.release()


@dataclass(frozen=True)
class Caller:
    """Who takes the receipts of a stream, as its workers in the same process know it."""

    surround: Surround
    """Gives what plugins do around an attempt."""
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """Its context variables."""
    process: int = field(default_factory=os.getpid)
    """Its process; a forked worker has a copy of it, and is another one."""


_own = threading.local()
_lock = ForkLock()
_copies: dict[str, list[Copy]] = {}
_callers: dict[str, Caller] = {}


@contextlib.contextmanager
def called(run: str, surround: Surround) -> Iterator[None]:
    """Let the workers of this process know the caller of a stream, and in the end leave their copies."""
    _callers[run] = Caller(surround)
    try:
        yield
    finally:
        _callers.pop(run, None)
        leave(run)


def work(run: str, engine: bytes, machines: Sequence[Records]) -> list[list[Answer]]:
    """Deliver machines with this worker's copy of an engine, and give the answers of each.

    Args:
        run: Which stream they belong to.
        engine: The engine, pickled.
        machines: The machines.
    """
    copy = _copy(run, engine)
    deliver = partial(_delivered, copy, [*map(_forms, machines)])
    with copy.busy:
        if (caller := _callers.get(run)) is not None and caller.process == os.getpid():
            copy.engine.surround(caller.surround)
            deliver = partial(caller.context.copy().run, deliver)
        answers = deliver()
    if copy.is_left:
        copy.engine.close()
    return answers


def leave(run: str) -> None:
    """Leave the copies that this process has for a stream."""
    with _lock.held:
        copies = _copies.pop(run, [])
    for copy in copies:
        copy.leave()


def _forms(records: Records) -> dict[str, Machine]:
    made = ((Machine.from_json(record), labels) for record, labels in records)
    return {label: machine for machine, labels in made for label in labels}


def _delivered(copy: Copy, forms: Sequence[Mapping[str, Machine]]) -> list[list[Answer]]:
    answers: list[list[Answer]] = []
    with contextlib.closing(copy.engine.deliver(forms)) as answered:
        for some in answered:
            answers.append(list(map(_portable, some)))
            if copy.is_left:
                break
    return answers


def _copy(run: str, engine: bytes) -> Copy:
    if getattr(_own, "run", None) != run:
        _move_on()
        _own.run, _own.copy = run, Copy(pickle.loads(engine))  # noqa: S301  (our own, from the desk)
        with _lock.held:
            if not _copies:
                atexit.register(_leave_all)
            _copies.setdefault(run, []).append(_own.copy)
    return _own.copy  # type: ignore[no-any-return]  # a thread's own attribute


def _move_on() -> None:
    """Leave this worker's own copy; the others of its stream rest, since that may be over, or go on."""
    if not hasattr(_own, "run"):
        return
    with _lock.held:
        others = [copy for copy in _copies.pop(_own.run, []) if copy is not _own.copy]
        if others:
            _copies[_own.run] = others
    _own.copy.leave()
    for copy in others:
        copy.rest()


def _leave_all() -> None:
    for run in list(_copies):
        leave(run)


class _Elsewhere(Future[None]):
    """A call that was left behind in a worker's process: nobody hears of its end."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ()


def _portable(answer: Answer) -> Answer:
    """Give an answer that can be sent to another process, whatever the reporter raised."""
    return Answer(_portable_receipt(answer.receipt), tuple(_Elsewhere() for _ in answer.running))


def _portable_receipt(receipt: Receipt) -> Receipt:
    if receipt.error is None:
        return receipt
    with contextlib.suppress(Exception):  # an exception of a plugin: neither way need work
        pickle.loads(pickle.dumps(receipt.error))  # noqa: S301  (our own, in memory)
        return receipt
    return replace(receipt, error=stand_in(receipt.error, f"{type(receipt.error).__name__}: {receipt.error}"))
