"""Requests to a store at the same time, of what concerns many objects."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

AT_ONCE = 16
"""Requests at the same time, at most."""

T = TypeVar("T")
R = TypeVar("R")


def at_once(work: Callable[[T], R], things: Sequence[T]) -> list[R]:
    """Give what some work gives for each of some things; several at a time.

    This thread works too, and does all of it where no other can be begun: a process that ends begins none,
    and what it owes is kept all the same.
    """
    todo = iter(range(len(things)))  # a step of it is one instruction of Python
    done: dict[int, R] = {}
    errors: list[BaseException] = []

    def run() -> None:
        for index in todo:
            if errors:
                return
            try:
                done[index] = work(things[index])
            except BaseException as error:  # noqa: BLE001  (raised below)
                errors.append(error)

    threads = [threading.Thread(target=run, name="newsdesk-objects") for _ in things[1:AT_ONCE]]
    with contextlib.suppress(RuntimeError):  # no more threads
        for thread in threads:
            thread.start()
    run()
    for thread in threads:
        if thread.ident is not None:
            thread.join()
    if errors:
        raise errors[0]
    return [done[index] for index in range(len(things))]
