"""Machines from files: JSON, JSON Lines or YAML, one or many in a file; a folder, a pattern, or `-`."""

import codecs
import glob
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import click

from newsdesk import canonical
from newsdesk.cli.duplicate_keys import duplicate_keys
from newsdesk.exceptions import Fault, MachineError
from newsdesk.machine import Machine

_LINES = (".jsonl", ".ndjson")
_YAML = (".yaml", ".yml")
_PLACES = 3
"""Records that a message names, where many have the same fault."""
_SHOWN = 200
"""Characters of a name in a message: a whole record may have been given instead of a file."""


class Inputs:
    """The machines of some files; can be iterated more than once, and holds one at a time."""

    def __init__(self, names: Iterable[str]) -> None:
        """Find the files.

        Raises:
            click.UsageError: some do not exist; all of them are named. Or one cannot be opened.
        """
        self._files: list[tuple[str, Path]] = []
        missing: list[str] = []
        for name in names:
            try:
                found = list(_found(name))
            except OSError as error:  # a folder that may not be looked into, or a name that is too long
                raise click.UsageError(f"{_short(name)} cannot be opened: {error.strerror}") from error
            self._files += found
            if not found:
                missing.append(why_missing(name))
        if missing:
            raise click.UsageError("; ".join(missing))

    def __iter__(self) -> Iterator[Machine]:
        for name, path in self._files:
            for place, record in _records(name, path):
                yield _machine(place, record)

    def once(self) -> Iterator[Machine]:
        """Yield the machines, and refuse what `check` does when it is met: for what is read, and not sent.

        Raises:
            MachineError: a file or a record is not valid; those before it were yielded.
        """
        for name, path in self._files:
            records = _records(name, path, _read_once)
            while True:
                try:
                    place, record = next(records)
                except StopIteration:
                    break
                except _RepeatedError as error:
                    raise MachineError("the input has errors", error.faults) from error
                except MachineError as error:
                    raise MachineError(f"{name}: {error}") from error
                yield _machine(place, record)

    def check(self) -> int:
        """Read everything once, and give the number of machines.

        Raises:
            MachineError: some records are not valid; all of them are reported.
        """
        count, faults = 0, _Faults()
        for name, path in self._files:
            try:
                for place, record in _records(name, path, _read_once):
                    count += 1
                    faults.add(_faults(place, record))
            except _RepeatedError as error:
                faults.add(error.faults)
            except MachineError as error:
                faults.add([Fault(name, str(error))])
        if found := faults.grouped():
            raise MachineError("the input has errors; nothing was sent", found)
        return count


class _Faults:
    """Faults of the input; those that many records have are one: a thousand may lack the same key."""

    def __init__(self) -> None:
        self._places: dict[str, list[str]] = {}
        self._counts: Counter[str] = Counter()
        self._in_order: list[Fault] = []

    def add(self, faults: Iterable[Fault]) -> None:
        """Take faults in."""
        for fault in faults:
            places = self._places.setdefault(fault.message, [])
            self._counts[fault.message] += 1
            if len(places) < _PLACES:
                places.append(fault.path)
                self._in_order.append(fault)

    def grouped(self) -> list[Fault]:
        """Give the faults in their order, with many of one text as one."""
        return list(dict.fromkeys(map(self._grouped, self._in_order)))

    def _grouped(self, fault: Fault) -> Fault:
        if (more := self._counts[fault.message] - _PLACES) <= 0:
            return fault
        return Fault(f"{', '.join(self._places[fault.message])} and {more} more", fault.message)


def _found(name: str) -> Iterator[tuple[str, Path]]:
    path = Path(name)
    if name == "-":
        yield "standard input", _spooled(sys.stdin.buffer)
    elif path.is_dir():
        yield from (
            (str(file), file) for file in sorted(path.rglob("*.json")) if not file.name.startswith(".")
        )
    elif path.is_file():
        yield name, path
    elif path.exists():  # a pipe, which can be read only once
        with path.open("rb") as pipe:
            yield name, _spooled(pipe)
    else:
        for found in sorted(glob.glob(name, recursive=True)):  # noqa: PTH207  (any root)
            yield from _found(found)


def why_missing(name: str) -> str:
    """Say why an argument gives no file."""
    if os.path.isdir(name):  # noqa: PTH112  (any text)
        return f"the folder {name!r} holds no *.json"
    return f"no file matches {name!r}" if glob.has_magic(name) else f"there is no file {name!r}"


def _short(name: str) -> str:
    return repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…")


def _spooled(stream: BinaryIO) -> Path:
    """Copy a stream to a file, so that all of it can be checked before anything is sent."""
    import shutil  # noqa: PLC0415  (with the next, 5 ms, for a stream alone)
    import tempfile  # noqa: PLC0415
    import uuid  # noqa: PLC0415

    path = Path(tempfile.gettempdir(), f"newsdesk-{uuid.uuid4().hex}")
    context = click.get_current_context(silent=True)
    if context is not None:
        # Before it exists: between the two, a signal could end the command.
        context.call_on_close(lambda: path.unlink(missing_ok=True))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as spool:
        shutil.copyfileobj(stream, spool)
    return path


_Read = Callable[[bytes, str], Any]
"""Reads JSON; the second argument is its place, for messages."""


def _read(data: bytes, _place: str) -> Any:
    return canonical.loads(data)


class _RepeatedError(Exception):
    """An object has a key more than once."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


def _read_once(data: bytes, place: str) -> Any:
    """Read JSON in which no object has a key twice; once that is known, `_read` is quicker."""
    value = canonical.loads(data)
    if faults := [Fault(place, str(fault)) for fault in duplicate_keys(data)]:
        raise _RepeatedError(faults)
    return value


def _records(name: str, path: Path, read: _Read = _read) -> Iterator[tuple[str, Any]]:
    """Give each record of a file with its place; the format is known by the suffix or the content.

    Raises:
        MachineError: the file cannot be read.
    """
    try:
        if path.suffix.lower() in _LINES:
            yield from _json_lines(name, path, read)
        elif path.suffix.lower() in _YAML:
            yield from _yaml(name, path)
        else:
            yield from _json(name, path, read)
    except OSError as error:
        raise MachineError(f"cannot be read: {error.strerror}") from error


def _json(name: str, path: Path, read: _Read) -> Iterator[tuple[str, Any]]:
    data = path.read_bytes()
    try:
        value = read(data, name)
    except ValueError as error:
        if not _are_json_lines(data):
            raise MachineError(_why_not_json(data, error)) from error
        yield from _json_lines(name, path, read)
        return
    yield from _each(name, value)


def _are_json_lines(data: bytes) -> bool:
    first, _, rest = data.strip().partition(b"\n")
    try:
        canonical.loads(first)
    except ValueError:
        return False
    return bool(rest)


def _why_not_json(data: bytes, error: ValueError) -> str:
    begin = data.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if not begin:
        return "the file is empty"
    return f"not valid JSON: {error}" if begin in {b"{", b"["} else "not JSON, JSON Lines or YAML"


def _json_lines(name: str, path: Path, read: _Read) -> Iterator[tuple[str, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                value = read(line, f"{name}, line {number}")
            except ValueError as error:
                raise MachineError(f"line {number} is not valid JSON: {error}") from error
            yield from _each(f"{name}, line {number}", value)


def _yaml(name: str, path: Path) -> Iterator[tuple[str, Any]]:
    import yaml  # noqa: PLC0415  (0.02 s, for those who write YAML)

    from newsdesk.config.lines import UniqueLoader, reason  # noqa: PLC0415  (the same)

    try:
        documents = list(yaml.load_all(path.read_bytes(), UniqueLoader))
    except Exception as error:  # what a tag such as !!bool does not understand raises anything
        raise MachineError(f"not valid YAML: {reason(error)}") from error
    for number, value in enumerate(documents, start=1):
        yield from _each(name if len(documents) == 1 else f"{name}, document {number}", value)


def _each(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        yield from ((f"{place}, item {number}", item) for number, item in enumerate(value, start=1))
    else:
        yield place, value


def _machine(place: str, record: Any) -> Machine:
    try:
        return Machine.from_dict(record)
    except MachineError as error:
        raise MachineError(f"{place}: {error.message}", error.faults) from error


def _faults(place: str, record: Any) -> list[Fault]:
    try:
        Machine.from_dict(record)
    except MachineError as error:
        return [Fault(place, str(fault)) for fault in error.faults] or [Fault(place, error.message)]
    return []
