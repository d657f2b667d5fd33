"""What had to be changed of a record to fit a backend."""

import dataclasses
from typing import Literal


@dataclasses.dataclass(frozen=True, slots=True)
class Alteration:
    """One thing that had to be changed to fit a backend; it never holds a secret."""

    path: str
    """Where in the record, or which item that was made of it."""
    kind: Literal["truncated", "renamed", "encoded", "omitted"]
    """What was done."""
    detail: str
    """How and why, for a person: lengths, the new name, the limit and whose it is."""

    def __str__(self) -> str:
        return f"{self.path} {self.kind}: {self.detail}"
