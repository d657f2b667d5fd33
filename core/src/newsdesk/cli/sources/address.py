"""Pure: a machine's name as it is given on the command line, with where it is."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from newsdesk.delivery.reading.revisions import LEAST, WHOLE

_WITH_REVISION = re.compile(rf"(.*)#([0-9a-fA-F]{{{LEAST},{WHOLE}}})", re.DOTALL)


@dataclass(frozen=True)
class Address:
    """A machine in a backend: `NAME` or `PROJECT/NAME`, with `@LABEL` and `#REVISION` behind it if needed."""

    text: str
    """The name, perhaps with a project before it."""
    label: str | None = None
    """The reporter; None for that of the command."""
    revision: str | None = None
    """The first digits of its revision, or all; None for the newest."""

    @classmethod
    def of(cls, text: str, is_label: Callable[[str], bool]) -> Self:
        """Read an address.

        Args:
            text: The address.
            is_label: Tells labels from the ends of names, which may hold a `@` as well.
        """
        match = _WITH_REVISION.fullmatch(text)
        rest, revision = (match[1], match[2]) if match else (text, None)
        name, at, label = rest.rpartition("@")
        if at and name and is_label(label):
            return cls(name, label, revision)
        return cls(rest, None, revision)

    def readings(self, project: str | None = None) -> list[tuple[str | None, str, str | None]]:
        """Return project, name and revision in each way to read them: a name may hold a `/` or a `#`.

        Args:
            project: The project, if it was given apart.
        """
        texts = [(self.text, self.revision)]
        if self.revision is not None and self.label is None:
            texts.append((f"{self.text}#{self.revision}", None))
        found: list[tuple[str | None, str, str | None]] = []
        for text, revision in texts:
            of_project, slash, name = text.partition("/")
            if project is None and slash and name:
                found.append((of_project, name, revision))
            found.append((project, text, revision))
        return found
