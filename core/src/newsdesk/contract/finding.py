"""What `newsdesk doctor` has found."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; with a remedy, it is something to do."""

    subject: str
    """What was looked at: a reporter's label, a distribution, `config`, `outbox`."""
    text: str
    """What is so. What reporters hold as secrets is masked before it is shown."""
    remedy: str = ""
    """What to do, as a command or a sentence; empty, where all is well."""

    @classmethod
    def of_message(cls, subject: str, message: str, otherwise: str) -> Self:
        """Make one of an error's message, which says after its last semicolon what to do.

        Args:
            subject: What was looked at.
            message: The message.
            otherwise: What to do, when it does not say.
        """
        text, _, remedy = message.rpartition("; ")
        return cls(subject, text, remedy) if text and remedy else cls(subject, message, otherwise)

    def to_dict(self) -> dict[str, str | None]:
        """Give it as JSON has it: without a remedy, that is null."""
        return {"subject": self.subject, "text": self.text, "remedy": self.remedy or None}
