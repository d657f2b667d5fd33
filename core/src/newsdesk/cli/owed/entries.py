"""Pure: what is shown of an entry of the outbox, to programs and to people."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from newsdesk.builtin.display import duration
from newsdesk.cli.listing.columns import Column
from newsdesk.machine import MachineKey
from newsdesk.outbox.entry import Entry, State


def described(entry: Entry, now: float, mask: Callable[[str], str]) -> str:
    """Return an entry as a JSON object; its keys are an interface, see docs/monitoring.md.

    Args:
        entry: The entry.
        now: The time, as seconds since 1970.
        mask: Masks secrets in its error.
    """
    return json.dumps(
        {
            "number": entry.id,
            "machine": {"project_name": entry.key.project_name, "name": entry.key.name},
            "revision": entry.revision,
            "reporter": entry.label,
            "state": str(entry.state),
            "since": _iso(entry.created),
            "age": round(max(0.0, now - entry.created), 3),
            "attempts": entry.attempts,
            "error": None if entry.error is None else mask(entry.error),
            "next_try": _iso(entry.due) if entry.state is State.OWED else None,
            "bytes": entry.size,
        }
    )


def columns(now: float) -> list[Column[dict[str, Any]]]:
    """Return the columns of a table of such objects, for people."""

    def next_try(row: dict[str, Any]) -> str:
        if row["next_try"] is None:
            return ""
        seconds = round(datetime.fromisoformat(row["next_try"]).timestamp() - now)
        return f"in {duration(seconds)}" if seconds > 0 else "now"

    return [
        Column("number", lambda row: str(row["number"]), is_score=True),
        Column("machine", lambda row: str(MachineKey(**row["machine"]))),
        Column("reporter", lambda row: str(row["reporter"])),
        Column("state", lambda row: str(row["state"])),
        Column("age", lambda row: duration(round(row["age"]))),
        Column("attempts", lambda row: str(row["attempts"]), is_score=True),
        Column("next try", next_try),
        Column("last error", lambda row: str(row["error"] or "")),
    ]


def _iso(time: float) -> str | None:
    try:
        return datetime.fromtimestamp(time, UTC).isoformat()
    except (OverflowError, ValueError):  # of a damaged file
        return None
