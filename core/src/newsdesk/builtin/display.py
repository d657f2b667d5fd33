"""How values are shown to people: text, numbers, times."""

from datetime import UTC, datetime

MINUTE = 60
"""Seconds; a shorter time has a fraction instead of a second unit."""
LONGEST = 1e12
"""Seconds; a longer time is not one."""


def shown(text: str, encoding: str) -> str:
    """Give a text that no terminal takes for a command, with what the stream cannot write escaped."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return safe.encode(encoding, "backslashreplace").decode(encoding)


def short(value: float) -> str:
    """Give a number with four digits; those that JSON lacks as the record spells them."""
    text = f"{value:.4g}"
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(text, text)


def minute(time: datetime) -> str:
    """Return a time to the minute, in UTC."""
    try:
        return f"{time.astimezone(UTC):%Y-%m-%d %H:%M}"
    except OverflowError:  # next to the first year or the last
        return time.isoformat()


def duration(seconds: float) -> str:
    """Return a duration with two of its units, at most.

    Example:
        >>> from newsdesk.builtin.display import duration
        >>> [duration(seconds) for seconds in (0.2293, 15.19, 60, 3_725, 200_000)]
        ['0.23 s', '15.2 s', '1 min', '1 h 2 min', '2 d 8 h']
    """
    if not MINUTE <= seconds < LONGEST:
        return f"{seconds:.3g} s" if abs(seconds) >= 1 else f"{seconds:.2g} s"
    whole = round(seconds)
    units = [(whole // 86_400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    first = next(index for index, (count, _) in enumerate(units) if count)
    return " ".join(f"{count} {unit}" for count, unit in units[first : first + 2] if count)
