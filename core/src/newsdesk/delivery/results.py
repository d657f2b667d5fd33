"""What a reporter answers, held to its contract: a fault in that is the reporter's own."""

import dataclasses
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice, repeat
from typing import Any, NoReturn

from newsdesk.alteration import Alteration
from newsdesk.contract.delivery import Delivery
from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import ReporterException
from newsdesk.machine import Machine


@dataclasses.dataclass(frozen=True)
class BulkAnswer:
    """What a reporter's `report_many` said of one machine."""

    give: Callable[[], Delivery | None]
    """Returns or raises it."""
    is_own: bool
    """Whether it is about this machine; else about all that have no answer yet."""


def answers(reporter: BaseReporter, machines: deque[Machine]) -> Iterator[BulkAnswer]:
    """Give an answer for each machine, whatever `report_many` does."""
    left = len(machines)
    try:
        for answer in islice(reporter.report_many(_let_go(machines)), left):
            left -= 1
            yield BulkAnswer(partial(_answered, answer, reporter), is_own=True)
    except GeneratorExit:  # nobody asks for more
        raise
    except BaseException as error:  # noqa: BLE001  (the isolation of reporters from each other)
        yield from repeat(BulkAnswer(partial(_raise, error), is_own=False), left)
        return
    name = type(reporter).__name__
    silent = ReporterException(f"{name}.report_many() gave no answer for this machine")
    yield from repeat(BulkAnswer(partial(_raise, silent), is_own=False), left)


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
