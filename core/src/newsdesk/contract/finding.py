"""What `newsdesk doctor` has found."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; with a remedy, it is something to do."""

    text: str
    """What is so. What reporters hold as secrets is masked before it is shown."""
    remedy: str = ""
    """What to do, as a command or a sentence; empty, where all is well."""
    subject: str = ""
    """What was looked at: a distribution, `config`, …; the doctor sets the label of a reporter's own."""
    fix: Callable[[], str] | None = field(default=None, compare=False, repr=False)
    """Does it, with `newsdesk doctor --fix` and after asking, and returns what was done.

    The reporter is closed by then. A `ReporterException` is shown, and the finding is still to fix.
    """

    @classmethod
    def of_message(cls, message: str, otherwise: str, *, subject: str = "") -> Self:
        """Make one of an error's message, which says after its last semicolon what to do.

        Args:
            message: The message.
            otherwise: What to do, when it does not say.
            subject: What was looked at.
        """
        text, _, remedy = message.rpartition("; ")
        return cls(text, remedy, subject) if text and remedy else cls(message, otherwise, subject)

    def to_dict(self) -> dict[str, str | None]:
        """Give it as JSON has it: without a remedy, that is null."""
        return {"subject": self.subject, "text": self.text, "remedy": self.remedy or None}
