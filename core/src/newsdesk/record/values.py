"""Numbers and dates as a record writes them."""

import re
from datetime import UTC, datetime
from typing import Any

_NUMBERS_AS_TEXT = ("NaN", "Infinity", "-Infinity")
# gordo writes dates with the format `%Y-%m-%d %H:%M:%S.%f+%z` (gordo/machine/encoders.py): the first plus is
# one too many before an offset, and is left over without one.
_STRAY_PLUS = re.compile(r"\+([+-][0-9:]+)?$")


def number_of(value: Any) -> float | None:
    """Return a plain JSON value as a number; NaN and the infinities are text there.

    An integer beyond the range of a float is an infinity. Booleans and other text are None.
    """
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        return None if isinstance(value, bool) else _float(value)
    return float(value) if value in _NUMBERS_AS_TEXT else None


def _float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def count_of(value: Any) -> int | None:
    """Return a plain JSON value as a whole number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text_of(value: Any) -> str | None:
    """Return a plain JSON value if it is text."""
    return value if isinstance(value, str) else None


def date_of(value: Any) -> datetime | None:
    """Return a date of a record in UTC; None for what is not a date.

    Reads ISO 8601 with `T` or a space, and gordo's own `2019-01-01 09:00:00.000000++0000`. A date without an
    offset is taken as UTC.
    """
    if not isinstance(value, str):
        return None
    try:
        date = datetime.fromisoformat(_STRAY_PLUS.sub(r"\1", value))
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):  # no date, or not in the years 1 to 9999 in UTC
        return None
