"""The bounds of an outbox."""

from dataclasses import dataclass

from newsdesk.exceptions import DefinitionError, Fault


@dataclass(frozen=True)
class Bounds:
    """What an outbox takes.

    Raises:
        DefinitionError: Numbers that make no sense; all of them at once.
    """

    max_bytes: int | None = None
    """Bytes of all records together; one that would go over it is refused."""
    max_age: float | None = None
    """Seconds after which an entry that is still owed becomes dead."""
    attempts: int = 50
    """Failed attempts after which an entry becomes dead."""

    def __post_init__(self) -> None:
        optional = {"max_bytes": self.max_bytes, "max_age": self.max_age}
        given = {name: value for name, value in optional.items() if value is not None}
        faults = [
            Fault(name, f"must be a number above 0, but is {value!r}")
            for name, value in {**given, "attempts": self.attempts}.items()
            if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0
        ]
        if faults:
            raise DefinitionError("the bounds of the outbox cannot be used", faults)
