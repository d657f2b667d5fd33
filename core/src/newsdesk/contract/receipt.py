"""A receipt: what happened to one machine at one reporter."""

import dataclasses
import enum
from collections.abc import Sequence
from typing import Any, Self

from newsdesk.alteration import Alteration
from newsdesk.exceptions import ReporterException
from newsdesk.machine import MachineKey


class Status(enum.StrEnum):
    """What became of a delivery."""

    DELIVERED = "delivered"
    """The backend holds the record now."""
    UNCHANGED = "unchanged"
    """The backend held this revision already."""
    SPOOLED = "spooled"
    """The record is in the outbox, and still owed."""
    SUPERSEDED = "superseded"
    """A newer revision of the machine was reported meanwhile, and that is what the backend ends with."""
    SKIPPED = "skipped"
    """It was not sent: the reporter's `when` leaves it out, or `newsdesk copy` found a newer one there."""
    FAILED = "failed"
    """The record was not delivered."""


@dataclasses.dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one machine at one reporter."""

    machine: MachineKey
    """Which machine."""
    revision: str
    """Which content of it."""
    reporter: str
    """The reporter's label."""
    status: Status
    """What became of it."""
    required: bool = True
    """Whether a failure fails the whole report, or the reporter is a best effort."""
    accepts_spooled: bool = False
    """Whether a record that is safe in the outbox counts as a success."""
    attempts: int = 1
    """Number of attempts; 0 if it was not tried."""
    seconds: float = 0.0
    """How long it took, all attempts and pauses together."""
    reference: str | None = None
    """Where the record is now."""
    alterations: tuple[Alteration, ...] = ()
    """Everything that was redacted, or had to be changed to fit the backend."""
    error: Exception | None = None
    """Why it failed, or why it was spooled or skipped."""

    @property
    def ok(self) -> bool:
        """Whether the backend holds the record."""
        return self.status in (Status.DELIVERED, Status.UNCHANGED)

    @property
    def settled(self) -> bool:
        """Whether it is a success: delivered, superseded, skipped, or spooled where that is enough."""
        return (
            self.ok
            or self.status in (Status.SUPERSEDED, Status.SKIPPED)
            or (self.accepts_spooled and self.status is Status.SPOOLED)
        )

    @property
    def fails_report(self) -> bool:
        """Whether the whole report fails by it."""
        return self.required and not self.settled

    def spooled(self) -> Self:
        """Give the receipt of the same delivery, when the record is in the outbox instead."""
        return dataclasses.replace(self, status=Status.SPOOLED)

    def to_dict(self) -> dict[str, Any]:
        """Give the receipt as plain JSON values."""
        return {
            "machine": {"project_name": self.machine.project_name, "name": self.machine.name},
            "revision": self.revision,
            "reporter": self.reporter,
            "status": str(self.status),
            "required": self.required,
            "attempts": self.attempts,
            "seconds": round(self.seconds, 6),
            "reference": self.reference,
            "alterations": [dataclasses.asdict(alteration) for alteration in self.alterations],
            "error": None if self.error is None else f"{type(self.error).__name__}: {self.error}",
        }


class DeliveryFailed(ReporterException, ExceptionGroup[Exception]):
    """At least one required reporter failed.

    Its `exceptions` are all failures, including those of best-effort reporters; its `receipts` are those of
    all reporters, including those that delivered.
    """

    receipts: tuple[Receipt, ...]

    def __new__(cls, receipts: Sequence[Receipt]) -> Self:
        """Gather the failures among the receipts."""
        failed = [receipt for receipt in receipts if not receipt.settled]
        names = ", ".join(f"{receipt.machine} at {receipt.reporter}" for receipt in failed)
        self = super().__new__(
            cls,
            f"{len(failed)} of {len(receipts)} deliveries failed: {names}",
            [_reason(receipt) for receipt in failed],
        )
        self.receipts = tuple(receipts)
        return self

    def derive(self, excs: Sequence[Exception]) -> ExceptionGroup[Exception]:  # type: ignore[override]
        """Make what `split` and `except*` give: a plain group, since a part of it has no receipts."""
        return ExceptionGroup(self.message, excs)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.receipts,)


def _reason(receipt: Receipt) -> Exception:
    return receipt.error or ReporterException(
        f"{receipt.machine} is only in the outbox for {receipt.reporter}; "
        "if that is enough, set 'required: spooled'"
    )
