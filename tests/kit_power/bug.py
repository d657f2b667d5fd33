"""A bug that authors of reporters make, as a change of the source of one of ours."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Bug(NamedTuple):
    """What is planted."""

    name: str
    """What is wrong."""
    module: str
    """The file, within the reporter's sources."""
    edits: Sequence[tuple[str, str]]
    """Texts of the file, and what replaces them."""

    def plant(self, sources: Path) -> None:
        """Change a copy of the sources.

        Raises:
            ValueError: the source was changed meanwhile, so that this bug has to be.
        """
        file = sources / self.module
        text = file.read_text("utf-8")
        for old, new in self.edits:
            if old not in text:
                raise ValueError(f"the bug {self.name!r} does not fit {self.module}, which lacks: {old}")
            text = text.replace(old, new, 1)
        file.write_text(text, "utf-8")


class Subject(NamedTuple):
    """A reporter whose tests by the kit run with each bug."""

    name: str
    sources: str
    """The folder of its package, from the root."""
    contract: str
    """The tests by the kit, from the root."""
    bugs: Sequence[Bug]
