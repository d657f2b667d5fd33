"""The installed distributions: their folders, and what is written there."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

if sys.version_info >= (3, 12):
    from importlib import metadata
else:
    import importlib_metadata as metadata

_SUFFIXES = (".dist-info", ".egg-info")


@dataclass(frozen=True)
class Distribution:
    """What is known of an installed distribution, also when it is damaged."""

    found: metadata.Distribution
    """What the import system has found."""

    @cached_property
    def folder(self) -> Path:
        """Its metadata: usually a folder, `name-version.dist-info`."""
        # Most have no name but in their metadata, which may be what is damaged.
        return Path(str(getattr(self.found, "_path", self.found)))

    @property
    def stem(self) -> str:
        """Its name and version, as the folder's name tells them; may be empty."""
        return self.folder.stem if self.folder.suffix in _SUFFIXES else ""

    def read(self, name: str) -> str | None:
        """Give the text of a file of its metadata, None if there is none.

        Raises:
            UnicodeError: it is not UTF-8.
        """
        return self.found.read_text(name)

    def name_and_version(self) -> tuple[str, str]:
        """Give both as its metadata tells them, or else its folder."""
        name, _, version = self.stem.partition("-")
        try:
            text = self.read("METADATA") or self.read("PKG-INFO") or ""
        except (OSError, UnicodeError):
            return name, version or "?"
        headers = text.partition("\n\n")[0].splitlines()
        told = dict(header.split(": ", 1) for header in reversed(headers) if ": " in header)
        return told.get("Name", "").strip() or name, told.get("Version", "").strip() or version or "?"


def distributions() -> Iterator[Distribution]:
    """Give all distributions once each, in the order of `sys.path`."""
    # One by one: `metadata.entry_points()` reads those of every distribution together, so that a damaged one,
    # of whatever program, would end every command.
    found = map(Distribution, metadata.distributions(path=list(dict.fromkeys(sys.path))))
    # Two finders may look at the same path: that of `importlib_metadata` does, which MLflow imports.
    known: dict[Path, Distribution] = {}
    for distribution in found:
        known.setdefault(distribution.folder, distribution)
    return iter(known.values())


def version_of(name: str) -> str:
    """Give the version of an installed distribution; "?" if it is not found."""
    for distribution in distributions():
        found, version = distribution.name_and_version() if distribution.stem.startswith(name) else ("", "")
        if found == name:
            return version
    return "?"
