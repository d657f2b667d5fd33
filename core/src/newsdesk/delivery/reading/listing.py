"""A listing of what a backend holds, read page by page in the reporter's thread."""

import contextvars
import logging
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from newsdesk.contract import deadline as deadlines
from newsdesk.contract.stored import StoredMachine
from newsdesk.delivery.call import Instance
from newsdesk.delivery.dispatcher import Dispatcher
from newsdesk.delivery.reading import answers
from newsdesk.delivery.retry import Retry

PAGE = 100
"""Entries that are held at a time, at most."""

SLOW = 0.05
"""Seconds after which a page ends early: the deadline is for the next entry, not for a hundred of them."""

_log = logging.getLogger(__name__)


class Listing:
    """What a reporter's `machines` yields.

    Its thread reads a page when one is asked for, and does what else it is asked between two pages: a machine
    can be fetched while the listing goes on.

    Args:
        dispatcher: The reporter.
        retry: How often the first page is tried. Later ones are not: a generator that has raised is over.
        deadline: Seconds that an entry may take.
        all_revisions: As in `BaseReporter.machines`.
    """

    def __init__(self, dispatcher: Dispatcher, retry: Retry, deadline: float, *, all_revisions: bool) -> None:
        self._dispatcher = dispatcher
        self._retry = retry
        self._deadline = deadline
        self._all_revisions = all_revisions
        # One for all pages: a generator that sets a context variable resets it in the same context.
        self._context = contextvars.copy_context()
        self._ending = partial(self._context.run, self._end)
        self._instance: Instance | None = None
        self._iterator: Iterator[Any] | None = None
        self._is_over = False
        self._is_left = False

    def __iter__(self) -> Iterator[StoredMachine]:
        try:
            while not self._is_over:
                yield from self._page()
        finally:
            self._leave()

    def _page(self) -> list[StoredMachine]:
        """Return the next entries.

        Raises:
            ReporterException: The backend cannot be read, or the reporter breaks its contract.
        """
        page: list[StoredMachine] = []
        until = time.monotonic() + self._deadline
        read = partial(self._context.run, partial(self._read, page, until))
        call = self._dispatcher.ask(read, until, self._instance)
        error = self._dispatcher.answer(call, until).error
        if error is not None:
            self._is_over = True
            raise answers.error_of(self._dispatcher.route, "machines", error) from error
        return page

    def _leave(self) -> None:
        """Have the thread close what it reads, without waiting for it."""
        self._is_left = True
        if self._instance is not None and self._iterator is not None:
            close = partial(self._context.run, partial(self._close, self._instance))
            self._dispatcher.ask(lambda _: close(), instance=self._instance)

    # In the reporter's thread

    def _read(self, page: list[StoredMachine], until: float, instance: Instance) -> None:
        try:
            with deadlines.until(lambda: until):
                if self._iterator is None:
                    self._instance = instance
                    begin = partial(self._begin, page, instance)
                    self._retry.run(begin, until=until, stopped=instance.stopped)
                else:
                    self._fill(page, self._iterator, instance)
        except BaseException:
            self._close(instance)
            raise
        if self._is_over or self._is_left or instance.is_left:
            self._close(instance)

    def _begin(self, page: list[StoredMachine], instance: Instance, _number: int) -> None:
        self._close(instance)  # of the attempt before
        page.clear()
        found = instance.reporter.machines(all_revisions=self._all_revisions)
        self._iterator = iterator = answers.listing(found, instance.reporter)
        instance.endings.add(self._ending)
        self._fill(page, iterator, instance)

    def _fill(self, page: list[StoredMachine], iterator: Iterator[Any], instance: Instance) -> None:
        began = time.monotonic()
        for value in iterator:
            page.append(answers.entry(value, instance.reporter, self._dispatcher.secrets))
            if len(page) >= PAGE or time.monotonic() - began > SLOW:
                return
        self._is_over = True

    def _close(self, instance: Instance) -> None:
        instance.endings.discard(self._ending)
        self._end()

    def _end(self) -> None:
        iterator, self._iterator = self._iterator, None
        close = getattr(iterator, "close", None)
        if callable(close):
            try:
                close()
            except Exception as error:  # noqa: BLE001  (a plugin's own; nobody waits for what it reads)
                _log.debug("the listing of %s did not close: %s", self._dispatcher.route.label, error)
