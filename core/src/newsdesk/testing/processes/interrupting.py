"""Kills a delivery at each step in which it writes files."""

import contextlib
import dataclasses
import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from newsdesk.contract.reporter import BaseReporter
from newsdesk.machine import Machine
from newsdesk.testing.processes.child import Child

_MOST_STEPS = 60
_STEPS = frozenset(
    {
        "open",
        "write",
        "writelines",
        "flush",
        "close",
        "fsync",
        "replace",
        "rename",
        "link",
        "mkdir",
        "truncate",
    }
    | {"execute", "executemany", "commit", "__exit__"}
)
"""The names of the functions of C that change files: `write` of a file, `commit` of an SQLite connection."""


def kill_at_every_step(
    jobs: Callable[[int], tuple[BaseReporter, Machine]],
) -> Iterator[tuple[int, Machine]]:
    """Make one delivery after another, each in its own process, and kill each at another step of writing.

    Between two steps look at the backend, and report the same machine again. The last one was not killed.

    Args:
        jobs: Gives the reporter and the machine of a step.
    """
    for step in range(1, _MOST_STEPS):
        reporter, machine = jobs(step)
        with contextlib.closing(Child(deliver_up_to, reporter, machine, step)) as child:
            survived = child.result()
        yield step, machine
        if survived:
            return


def _writes(function: Any) -> bool:
    is_of_lock = type(getattr(function, "__self__", None)).__module__ == "_thread"
    return getattr(function, "__name__", "") in _STEPS and not is_of_lock


def deliver_up_to(reporter: BaseReporter, machine: Machine, step: int) -> bool:
    """Deliver, and be killed before that step; what another machine needs too is done before."""
    steps = itertools.count(1)

    def profile(_frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call" and _writes(function) and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    with reporter:
        reporter.report(dataclasses.replace(machine, name=f"{machine.name}-before"))
        sys.setprofile(profile)
        try:
            reporter.report(machine)
        finally:
            sys.setprofile(None)
    return True
