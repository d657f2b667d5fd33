"""What was changed of a record: to fit a backend, or because its reporter must not see it."""

import dataclasses
from collections.abc import Iterable
from typing import Literal


@dataclasses.dataclass(frozen=True, slots=True)
class Alteration:
    """One thing that was changed; it never holds a secret."""

    path: str
    """Where in the record, or which item that was made of it."""
    kind: Literal["truncated", "renamed", "encoded", "omitted", "redacted"]
    """What was done; `redacted` is what the option `redact` does, before a reporter gets the record."""
    detail: str
    """How and why, for a person: lengths, the new name, the limit and whose it is."""

    def __str__(self) -> str:
        return f"{self.path} {self.kind}: {self.detail}"


def of_redactions(paths: Iterable[str]) -> list[Alteration]:
    """Return what was redacted of a machine, see `Machine.redactions`."""
    detail = "replaced by <redacted> before delivery, see 'redact'"
    return [Alteration(path, "redacted", detail) for path in paths]
