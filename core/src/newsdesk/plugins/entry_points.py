"""The entry points of the group `newsdesk`: which plugins are installed, from which distributions."""

import importlib
import logging
import operator
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from newsdesk.plugins.distributions import Distribution, distributions

GROUP = "newsdesk"

_FILE = "entry_points.txt"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One installed entry point; nothing of it is imported yet."""

    name: str
    """The main reporter's name."""
    value: str
    """What to load: a module, or an object in it, `pkg.mod:plugin`."""
    distribution: str
    """The distribution that brings it."""
    version: str
    """That distribution's version."""

    @property
    def origin(self) -> str:
        """Distribution and version, to name in a message."""
        return f"{self.distribution} {self.version}"

    @property
    def module(self) -> str:
        """The module that is imported to load it."""
        return self.value.partition(":")[0].strip()

    def load(self) -> Any:
        """Import what it names."""
        module = importlib.import_module(self.module)
        attribute = self.value.partition("[")[0].partition(":")[2].strip()  # without extras
        return operator.attrgetter(attribute)(module) if attribute else module


def installed() -> Mapping[str, Sequence[Entry]]:
    """Give the installed entry points by name; one scan for each `sys.path`, since it costs 3 to 30 ms."""
    return _scan(tuple(sys.path))[0]


def damaged() -> Sequence[str]:
    """Give a message for each distribution that cannot be read: its folder, and why."""
    return _scan(tuple(sys.path))[1]


@lru_cache(maxsize=1)
def _scan(_path: tuple[str, ...]) -> tuple[Mapping[str, Sequence[Entry]], Sequence[str]]:
    found: dict[str, list[Entry]] = {}
    folders: dict[str, Path] = {}
    faults: list[str] = []
    for distribution in distributions():
        folder = distribution.folder
        try:
            name, (entries, wrong) = _key(distribution), _entries(distribution)
        except Exception as error:  # noqa: BLE001  (whatever is wrong with it must not affect others)
            faults.append(_fault(folder, error))
            continue
        faults += [_fault(folder, text) for text in wrong[:1]]
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


def _entries(distribution: Distribution) -> tuple[list[Entry], list[str]]:
    """Give the entry points of our group, and what is wrong in the other groups.

    Raises:
        ValueError: a line of our group is wrong.
        OSError: the file cannot be read.
    """
    text = distribution.read(_FILE)
    if text is None and (distribution.folder / _FILE).is_file():
        raise PermissionError(f"{_FILE} cannot be read")
    pairs: list[tuple[str, str]] = []
    wrong: list[str] = []
    for group, line in _lines(text or ""):
        name, equals, value = map(str.strip, line.partition("="))
        fault = f"a line of [{group}] is not of the form 'name = module': {line!r}"
        if group == GROUP and not (name and equals and value):
            raise ValueError(fault)
        if group == GROUP:
            pairs.append((name, value))
        elif not equals:  # other libraries fail on it: the user should see why
            wrong.append(fault)
    origin = distribution.name_and_version() if pairs else ("", "")
    return [Entry(*pair, *origin) for pair in pairs], wrong


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Give the lines of an INI file, each with its section."""
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif section and line and not line.startswith("#"):
            yield section, line


def _key(distribution: Distribution) -> str:
    """Give what identifies a distribution: its normalised name."""
    name = distribution.stem.partition("-")[0] or distribution.name_and_version()[0]
    if not name:
        raise ValueError("it has no name")
    return re.sub(r"[-_.]+", "-", name).lower()
