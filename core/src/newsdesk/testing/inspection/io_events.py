"""Records the I/O of a piece of code, and lets a disk fail under it."""

import _thread
import errno
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType
from typing import Any

_WATCHED = ("socket.", "subprocess.", "sqlite3.", "os.", "shutil.", "tempfile.", "urllib.", "pathlib.")
_READING = ("os.listdir", "os.scandir", "os.walk", "pathlib.Path.glob", "pathlib.Path.rglob", "os.getxattr")
_WRITES_FILES = ("os.mkdir", "os.rename", "os.link", "os.symlink", "os.truncate")
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_WAITS = (
    time.sleep,
    _thread.start_new_thread,
    getattr(_thread, "start_joinable_thread", None),  # what Python 3.13 starts threads with
)


class _Watch(threading.local):
    heard: Callable[[str, tuple[Any, ...]], None] | None = None


_watch = _Watch()


@contextmanager
def io_events(*, reading: bool = True) -> Iterator[list[str]]:
    """Record what this thread does to files, connections and processes, as the names of audit events.

    Args:
        reading: Whether reading of files counts too.
    """
    seen: list[str] = []

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if (event == "open" or event.startswith(_WATCHED)) and (reading or not _reads(event, arguments)):
            seen.append(f"{event} {arguments[0]!r}" if arguments else event)

    with _heard_by(hear):
        yield seen


@contextmanager
def waiting() -> Iterator[list[str]]:
    """Record that this thread sleeps or starts another one, for which Python 3.11 has no audit event."""
    seen: list[str] = []

    def profile(_frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call" and function in _WAITS:
            seen.append(function.__name__)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield seen
    finally:
        sys.setprofile(before)


class DiskFault:
    """An error of the system at one of the steps in which files are written, or read.

    Args:
        code: The error's number, such as `errno.ENOSPC`.
        step: At which step; the first is 1. None is for all of them.
        within: What the path must contain.
        reading: Whether the steps are those of reading.
    """

    def __init__(
        self, code: int, step: int | None = None, within: str = "", *, reading: bool = False
    ) -> None:
        self.code = code
        self.step = step
        self.within = within
        self.reading = reading
        self.hits = 0
        """How often it happened."""
        self._steps = 0

    def __str__(self) -> str:
        return f"{errno.errorcode[self.code]} at step {self.step}"

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raise it, if a step is one of those."""
        path = next((str(part) for part in arguments[:2] if self.within in str(part)), None)
        known = event == "open" or event in (_READING if self.reading else _WRITES_FILES)
        if path is None or not known or _reads(event, arguments) is not self.reading:
            return
        self._steps += 1
        if self.step in (None, self._steps):
            self.hits += 1
            raise OSError(self.code, os.strerror(self.code), path)


@contextmanager
def failing_disk(fault: DiskFault) -> Iterator[DiskFault]:
    """Let files fail for this thread, as far as Python opens them itself."""
    with _heard_by(fault):
        yield fault


@contextmanager
def _heard_by(hear: Callable[[str, tuple[Any, ...]], None]) -> Iterator[None]:
    _install()
    _watch.heard = hear
    try:
        yield
    finally:
        _watch.heard = None


@cache
def _install() -> None:
    sys.addaudithook(_record)  # for good: Python cannot remove one


def _record(event: str, arguments: tuple[Any, ...]) -> None:
    if _watch.heard is not None:
        _watch.heard(event, arguments)


def _reads(event: str, arguments: tuple[Any, ...]) -> bool:
    return event in _READING or (event == "open" and not int(arguments[2] or 0) & _WRITE_FLAGS)
