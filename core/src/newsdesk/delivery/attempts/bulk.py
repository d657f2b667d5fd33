"""What a reporter answers, alone or for many machines; a fault in that is the reporter's own."""

import contextvars
import dataclasses
from collections import deque
from collections.abc import Callable, Generator, Iterator
from functools import partial
from itertools import islice, repeat
from typing import Any, NoReturn

from newsdesk.alteration import Alteration
from newsdesk.contract import deadline as deadlines
from newsdesk.contract.delivery import Delivery
from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import ReporterException
from newsdesk.machine import Machine


@dataclasses.dataclass(frozen=True)
class BulkAnswer:
    """What a reporter's `report_many` said of one machine."""

    give: Callable[[], Delivery | None]
    """Returns or raises it."""
    shared: BaseException | None = None
    """What it raises, where that is not about this machine, but about all that have no answer yet."""


class Bulk:
    """Machines that a reporter takes together, in one context for all: a generator expects no other.

    Args:
        reporter: The reporter.
        machines: The machines; they are taken out as they are read.
    """

    def __init__(self, reporter: BaseReporter, machines: deque[Machine]) -> None:
        self._answers = _answers(reporter, machines)
        self._context: contextvars.Context | None = None

    def next(self, until: Callable[[], float]) -> BulkAnswer:
        """Give the answer for the next machine.

        Args:
            until: Gives `time.monotonic()` at its deadline.
        """
        if self._context is None:
            self._context = contextvars.copy_context()
        return self._context.run(self._next, until)

    def close(self) -> None:
        """Ask for no more."""
        if self._context is not None:
            self._context.run(self._answers.close)

    def _next(self, until: Callable[[], float]) -> BulkAnswer:
        with deadlines.until(until):
            return next(self._answers)


def has_bulk(reporter: BaseReporter) -> bool:
    """Tell whether a reporter takes machines together; else `report_many` is a loop like the desk's own."""
    return getattr(reporter.report_many, "__func__", None) is not BaseReporter.report_many


def _answers(reporter: BaseReporter, machines: deque[Machine]) -> Generator[BulkAnswer, None, None]:
    left = len(machines)
    try:
        for answer in islice(reporter.report_many(_let_go(machines)), left):
            left -= 1
            yield BulkAnswer(partial(_answered, answer, reporter))
    except GeneratorExit:  # nobody asks for more
        raise
    except BaseException as error:  # noqa: BLE001  (the isolation of reporters from each other)
        yield from repeat(BulkAnswer(partial(_raise, error), error), left)
        return
    name = type(reporter).__name__
    silent = ReporterException(f"{name}.report_many() gave no answer for this machine")
    yield from repeat(BulkAnswer(partial(_raise, silent), silent), left)


def _let_go(machines: deque[Machine]) -> Iterator[Machine]:
    while machines:
        yield machines.popleft().isolated()


def _answered(answer: object, reporter: BaseReporter) -> Delivery | None:
    if isinstance(answer, Exception):
        raise answer
    return checked(answer, reporter)


def _raise(error: BaseException) -> NoReturn:
    raise error


def checked(value: object, reporter: BaseReporter) -> Delivery | None:
    """Give what a reporter's `report` returned.

    Raises:
        ReporterException: its contract has nothing of the kind.
    """
    if value is None:
        return None
    name = type(reporter).__name__
    if not isinstance(value, Delivery):
        raise ReporterException(
            f"{name}.report() must return None or a newsdesk.Delivery, but returned a {type(value).__name__}"
        )
    reference: Any = value.reference
    if reference is not None and not isinstance(reference, str):
        kind = type(reference).__name__
        raise ReporterException(
            f"{name}.report() must return a Delivery with a string as reference, but returned a {kind}"
        )
    alterations: tuple[Any, ...] = tuple(value.alterations)
    wrong = next((type(item).__name__ for item in alterations if not isinstance(item, Alteration)), None)
    if wrong is not None:
        raise ReporterException(
            f"{name}.report() must return newsdesk.Alteration records as alterations, but returned a {wrong}"
        )
    return dataclasses.replace(value, alterations=alterations)
