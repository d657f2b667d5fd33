"""What a reporter returns: where the record is, what was changed to fit, and what it would send."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from newsdesk.alteration import Alteration


@dataclasses.dataclass(frozen=True, slots=True)
class Delivery:
    """What a reporter returns for a successful delivery."""

    reference: str | None = None
    """Where the record is now: the URL of a run, of a row, of a file."""
    alterations: Sequence[Alteration] = ()
    """Everything that had to be changed to fit the backend."""
    unchanged: bool = False
    """Whether the backend held this revision already, so that nothing was written."""


ReportResult: TypeAlias = Delivery | Exception | None
"""What became of one machine of `report_many`: what `report` would return, or what it would raise.

`None` and a `Delivery` mean that the backend holds the record, an exception that it does not::

    match result:
        case TransientReporterError(): ...  # may work later
        case Exception(): ...
        case None | Delivery(): ...
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What a reporter would send of one machine."""

    requests: int
    """How many requests a new machine would take."""
    items: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """How many of each kind: rows, metrics, params, …"""
    alterations: Sequence[Alteration] = ()
    """Everything that would have to be changed to fit the backend."""
    size: int = 0
    """Bytes that would be sent, about."""
    advice: str = ""
    """What would suit many such machines better; `newsdesk plan` shows it once, if there are many."""
