"""The installed distributions: their folders, and what is written there.

`importlib.metadata` finds them too, but its import alone takes longer than all that is read here.
"""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

_SUFFIXES = (".dist-info", ".egg-info")


@dataclass(frozen=True)
class Distribution:
    """What is known of an installed distribution."""

    folder: Path
    """Its metadata: usually a folder, `name-version.dist-info`."""
    read: Callable[[str], str | None]
    """Gives the text of a file of its metadata, None if there is none."""

    @property
    def stem(self) -> str:
        """Its name and version, as the folder's name tells them; may be empty."""
        return self.folder.stem if self.folder.suffix in _SUFFIXES else ""

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
    """Give all distributions, in the order of `sys.path`."""
    for entry in dict.fromkeys(sys.path):
        place = Path(entry)
        if place.suffix == ".egg" or place.is_file():  # a zip, such as an application in one file
            yield from _foreign(lambda metadata, entry=entry: metadata.distributions(path=[entry]))  # type: ignore[misc]
        else:
            yield from map(_of_folder, _folders(place))
    for finder in sys.meta_path:
        if finder is not PathFinder and hasattr(finder, "find_distributions"):
            yield from _foreign(lambda _, finder=finder: finder.find_distributions())  # type: ignore[misc]


def version_of(name: str) -> str:
    """Give the version of an installed distribution; "?" if it is not found."""
    for distribution in distributions():
        found, version = distribution.name_and_version() if distribution.stem.startswith(name) else ("", "")
        if found == name:
            return version
    return "?"


def _folders(place: Path) -> list[Path]:
    try:
        return [place / name for name in os.listdir(place) if name.lower().endswith(_SUFFIXES)]  # noqa: PTH208  (half the time)
    except OSError:
        return []


def _of_folder(folder: Path) -> Distribution:
    def read(name: str) -> str | None:
        try:
            return (folder / name).read_text("utf-8")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None

    return Distribution(folder, read)


def _foreign(find: Callable[[Any], Any]) -> Iterator[Distribution]:
    """Give distributions that are not in folders."""
    from importlib import metadata  # noqa: PLC0415  (0.02 s, for what few have)

    for found in find(metadata):
        yield Distribution(Path(str(getattr(found, "_path", found))), found.read_text)
