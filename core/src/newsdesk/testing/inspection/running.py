"""Whether a reporter is still at work in some thread."""

import sys
import time
from collections.abc import Iterator
from types import CodeType, FrameType

from newsdesk.contract.reporter import BaseReporter

_METHODS = ("report", "report_many", "open", "ping", "holds", "machines", "fetch")
_PAUSE = 0.05


def seconds_until_unused(reporter: BaseReporter, *, at_most: float) -> float:
    """Wait until no thread is within a method of a reporter; give how long that took."""
    codes = {code for name in _METHODS if (code := _code_of(getattr(type(reporter), name))) is not None}
    began = time.monotonic()
    while (waited := time.monotonic() - began) < at_most and _is_running(reporter, codes):
        time.sleep(_PAUSE)
    return waited


def _code_of(method: object) -> CodeType | None:
    while hasattr(method, "__wrapped__"):  # by the lifecycle
        method = method.__wrapped__
    return getattr(method, "__code__", None)


def _is_running(reporter: BaseReporter, codes: set[CodeType]) -> bool:
    tops = sys._current_frames().values()  # noqa: SLF001  (that is its documented name)
    return any(
        # Not another one of its class, which may hang since an earlier test.
        frame.f_code in codes and any(value is reporter for value in frame.f_locals.values())
        for top in tops
        for frame in _stack(top)
    )


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
