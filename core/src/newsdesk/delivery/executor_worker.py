"""A seat: where an executor's worker sits, with its own copy of a desk."""

import atexit
import contextlib
import pickle
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from newsdesk.contract.receipt import Receipt
from newsdesk.delivery.retry import stand_in
from newsdesk.delivery.route import Route
from newsdesk.machine import Machine


@dataclass(eq=False)
class Seat:
    """A worker's copy of a desk, for as long as one stream lasts."""

    desk: Any
    """The copy."""
    busy: threading.Lock = field(default_factory=threading.Lock)
    """Held while the worker delivers."""
    is_left: bool = False
    """Whether nobody waits for it any more."""

    def leave(self) -> None:
        """Close the desk, now, or when its worker has finished the machine that it is at."""
        self.is_left = True
        self.rest()

    def rest(self) -> None:
        """Close the desk while its worker has nothing to do; the next delivery opens it again."""
        if self.busy.acquire(blocking=False):
            try:
                self.desk.close()
            finally:
                self.busy.release()


_own = threading.local()
_lock = threading.Lock()
_taken: dict[str, list[Seat]] = {}


def work(run: str, desk: bytes, records: Sequence[bytes]) -> list[list[Receipt]]:
    """Deliver records with this worker's copy of a desk, and give the receipts of each.

    Args:
        run: Which stream they belong to.
        desk: The desk, pickled.
        records: Machines as JSON.
    """
    seat = _seat(run, desk)
    with seat.busy:
        receipts = _delivered(seat, [Machine.from_json(record) for record in records])
    if seat.is_left:
        seat.desk.close()
    return receipts


def leave(run: str) -> None:
    """Leave the seats that this process has for a stream."""
    with _lock:
        seats = _taken.pop(run, [])
    for seat in seats:
        seat.leave()


def worker_routes(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Give routes as workers use them: what is spooled is spooled by who gave the work."""
    own = (route for route in routes if route.spool != "always")
    return tuple(replace(route, spool="never", accepts_spooled=False) for route in own)


def _delivered(seat: Seat, machines: Sequence[Machine]) -> list[list[Receipt]]:
    receipts: list[list[Receipt]] = []
    with contextlib.closing(seat.desk.answers(machines)) as answers:
        for answered in answers:
            receipts.append(list(map(_portable, answered)))
            if seat.is_left:
                break
    return receipts


def _seat(run: str, desk: bytes) -> Seat:
    if getattr(_own, "run", None) != run:
        _move_on()
        _own.run, _own.seat = run, Seat(pickle.loads(desk))  # noqa: S301  (our own, from whoever gave us the work)
        with _lock:
            if not _taken:
                atexit.register(_leave_all)
            _taken.setdefault(run, []).append(_own.seat)
    return _own.seat  # type: ignore[no-any-return]  # a thread's own attribute


def _move_on() -> None:
    """Leave this worker's own seat; the others of its stream rest, since that may be over, or go on."""
    if not hasattr(_own, "run"):
        return
    with _lock:
        others = [seat for seat in _taken.pop(_own.run, []) if seat is not _own.seat]
        if others:
            _taken[_own.run] = others
    _own.seat.leave()
    for seat in others:
        seat.rest()


def _leave_all() -> None:
    for run in list(_taken):
        leave(run)


def _portable(receipt: Receipt) -> Receipt:
    """Give a receipt that can be sent to another process, whatever the reporter raised."""
    if receipt.error is None:
        return receipt
    with contextlib.suppress(Exception):  # an exception of a stranger: neither way need work
        pickle.loads(pickle.dumps(receipt.error))  # noqa: S301  (our own, in memory)
        return receipt
    return replace(receipt, error=stand_in(receipt.error, f"{type(receipt.error).__name__}: {receipt.error}"))
