"""The entry points of the group `newsdesk`: which plugins are installed, from which distributions."""

import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

if sys.version_info >= (3, 12):
    from importlib import metadata
else:
    import importlib_metadata as metadata

GROUP = "newsdesk"

_FILE = "entry_points.txt"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One installed entry point; nothing of it is imported yet."""

    name: str
    """The main reporter's name."""
    point: metadata.EntryPoint
    """What to load."""
    distribution: str
    """The distribution that brings it."""
    version: str
    """That distribution's version."""

    @property
    def origin(self) -> str:
        """Distribution and version, to name in a message."""
        return f"{self.distribution} {self.version}"


def installed() -> Mapping[str, Sequence[Entry]]:
    """Give the installed entry points by name; one scan for each `sys.path`, since it costs 3 to 30 ms."""
    return _scan(tuple(sys.path))[0]


def damaged() -> Sequence[str]:
    """Give a message for each distribution that cannot be read: its folder, and why."""
    return _scan(tuple(sys.path))[1]


@lru_cache(maxsize=1)
def _scan(_path: tuple[str, ...]) -> tuple[Mapping[str, Sequence[Entry]], Sequence[str]]:
    # One by one: `metadata.entry_points()` reads those of every distribution together, so that a damaged one,
    # whatever it belongs to, would end every command.
    found: dict[str, list[Entry]] = {}
    folders: dict[str, Path] = {}
    faults: list[str] = []
    for distribution in metadata.distributions():
        folder = _folder(distribution)
        try:
            name, entries = _key(distribution, folder), _entries(distribution, folder)
        except Exception as error:  # noqa: BLE001  (whatever is wrong with it must not affect others)
            faults.append(_fault(folder, error))
            continue
        try:
            _ = distribution.entry_points
        except Exception as error:  # noqa: BLE001  (other libraries fail on it: the user should see why)
            faults.append(_fault(folder, error))
        # Of two distributions with one name, Python imports the one that comes first on `sys.path`.
        first = folders.setdefault(name, folder)
        if first == folder:
            for entry in entries:
                found.setdefault(entry.name, []).append(entry)
        elif entries and first.parent == folder.parent:
            faults.append(_fault(folder, f"{first.name} is there, too"))
    for fault in faults:
        _log.warning("%s", fault)
    # Sorted: the order of a folder differs from one disk to another, and so did what the command prints.
    return dict(sorted(found.items())), tuple(faults)


def _fault(folder: Path, why: object) -> str:
    kind = f"{type(why).__name__}: " if isinstance(why, Exception) else ""
    return f"the distribution {folder} is damaged ({kind}{why}); reinstall it, or delete that folder"


def _entries(distribution: metadata.Distribution, folder: Path) -> list[Entry]:
    text = distribution.read_text(_FILE)
    if text is None and (folder / _FILE).is_file():
        raise PermissionError(f"{_FILE} cannot be read")
    points = [metadata.EntryPoint(name, value, GROUP) for name, value in _section(text or "")]
    origin = _name_and_version(distribution, folder) if points else ("", "")
    return [Entry(point.name, point, *origin) for point in points]


def _section(text: str) -> Iterator[tuple[str, str]]:
    """Give the names and values of our section; what is wrong in the others concerns other programs."""
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line
        elif section == f"[{GROUP}]" and line and not line.startswith("#"):
            name, equals, value = map(str.strip, line.partition("="))
            if not (name and equals and value):
                raise ValueError(f"a line of [{GROUP}] is not of the form 'name = module': {line!r}")
            yield name, value


def _name_and_version(distribution: metadata.Distribution, folder: Path) -> tuple[str, str]:
    """Give name and version, as the metadata or else the folder's name tell."""
    name, _, version = folder.stem.partition("-")
    try:
        told = distribution.metadata  # parsed anew each time that it is asked for, by `distribution.name` too
        return told.get("Name") or name, told.get("Version") or version or "?"
    except Exception:  # noqa: BLE001  (the same)
        return name, version or "?"


def _key(distribution: metadata.Distribution, folder: Path) -> str:
    """Give what identifies a distribution: its normalised name."""
    known = folder.suffix in (".dist-info", ".egg-info") and folder.stem
    name = folder.stem.partition("-")[0] if known else _name_and_version(distribution, Path())[0]
    if not name:
        raise ValueError("it has no name")
    return re.sub(r"[-_.]+", "-", name).lower()


def _folder(distribution: metadata.Distribution) -> Path:
    return Path(str(getattr(distribution, "_path", distribution)))
