"""Times by the clock of the store, also of what is only being written.

When an object is written, nobody knows yet which time the store will give it. So what happens with a write is
kept relative to it, as `{"after": seconds}`, and becomes a time when the object is read, with its own time of
modification. No clock but the store's is asked.
"""

import math

NOW = 1e12
"""The time of the write that is being made; `NOW + 5` is 5 s after it. Later than any real time."""

UNKNOWN = math.nan
"""The time of a write of ours that was not read since."""


def encode(instant: float) -> object:
    """Give what an object holds of a time."""
    return {"after": instant - NOW} if instant >= NOW / 2 else instant


def decode(value: object, modified: float) -> float:
    """Read a time from an object that was modified then."""
    if isinstance(value, dict):
        return modified + float(value["after"])
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a time")
    return float(value)


def is_past(instant: float, now: float) -> bool:
    """Whether a time has come; not one that belongs to a write of ours just now."""
    return not math.isnan(instant) and instant <= now
