"""A folder of JSON files, one for each machine."""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from newsdesk.alteration import Alteration
from newsdesk.atomic import write_atomically
from newsdesk.builtin.layout import described, place, record_of, refuse_another
from newsdesk.contract.delivery import Delivery, Plan
from newsdesk.contract.disk import error_of_disk
from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.stored import StoredMachine, sole_project
from newsdesk.exceptions import (
    MachineDoesNotExist,
)
from newsdesk.machine import Machine, MachineKey

_REMEDY = "move that file away, or set 'path' to another folder"


class FilesReporter(BaseReporter):
    """Writes each machine's canonical JSON to `path/<project>/<name>.json`.

    Names that not every file system keeps apart end with a digest, see `MachineKey.slug`.

    Files are replaced atomically and flushed to the disk, so that a reader sees the old record or the new
    one, whole, and any number of writers may share a folder. `newsdesk report` reads them back.

    Args:
        path: The folder; it is made when the first machine comes.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path

    def report(self, machine: Machine) -> Delivery:
        """Write the machine's file, unless it holds this revision already.

        Raises:
            PermanentReporterError: the folder cannot be written to, or another machine's record is in the
                file, copied there by somebody.
            TransientReporterError: the disk is full, or failed.
        """
        target, alterations = self._place(machine.key)
        record = machine.to_json()
        with _errors_of(target):
            held = target.read_bytes() if target.is_file() else None
        if held == record:
            return Delivery(reference=str(target), alterations=alterations, unchanged=True)
        if held is not None:
            refuse_another(held, machine.key, repr(str(target)), _REMEDY)
        with _errors_of(target):
            write_atomically(target, record)
        return Delivery(reference=str(target), alterations=alterations)

    def ping(self) -> None:
        """See whether the folder can be written to, or made where it is missing; nothing is made yet.

        Raises:
            PermanentReporterError: it cannot.
        """
        folder = Path(self.path).absolute()
        with _errors_of(folder):
            nearest = next(place for place in (folder, *folder.parents) if place.exists())
            if not nearest.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, f"{str(nearest)!r} is not a folder")
            # As the user that writes, where the system can tell: a service may have become another one.
            asked = os.access in os.supports_effective_ids
            if not os.access(nearest, os.W_OK | os.X_OK, effective_ids=asked):
                raise PermissionError(errno.EACCES, f"{str(nearest)!r} is not writable")

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Tell which machines have a file.

        Raises:
            PermanentReporterError: the folder cannot be read.
            TransientReporterError: the disk failed.
        """
        return {key for key in keys if _is_there(self._place(key)[0])}

    def machines(self, *, all_revisions: bool = False) -> Iterator[StoredMachine]:  # noqa: ARG002  (it keeps one)
        """Yield the machines that have a file, and damaged files without a revision; others are left out."""
        for file in _files_under(Path(self.path).absolute()):
            if (stored := self._stored(file)) is not None:
                yield stored

    def fetch(self, name: str, project_name: str | None = None, revision: str | None = None) -> Machine:  # noqa: ARG002  (it keeps one)
        """Read a machine's file.

        Raises:
            MachineDoesNotExist: it has none.
            AmbiguousMachine: several projects have one, and `project_name` is missing.
            PermanentReporterError: the file cannot be read, or is damaged.
            TransientReporterError: the disk failed.
        """
        if project_name is None:
            project_name = sole_project(name, self._projects(name))
        target, _ = self._place(MachineKey(project_name, name))
        found = _content_of(target)
        if found is None:
            raise MachineDoesNotExist(name, project_name, projects=self._projects(name))
        machine = record_of(found[0], repr(str(target)))
        if machine.key != (project_name, name):
            raise MachineDoesNotExist(name, project_name, projects=self._projects(name))
        return machine

    def plan(self, machine: Machine) -> Plan:
        """Tell the size of the file."""
        _, alterations = self._place(machine.key)
        return Plan(requests=0, items={"files": 1}, alterations=alterations, size=len(machine.to_json()))

    def _stored(self, file: Path) -> StoredMachine | None:
        """Describe what a file holds; None if it is not a machine's file, or has just been removed."""
        found = _content_of(file)
        path = f"{file.parent.name}/{file.name}"
        return None if found is None else described(path, *found, str(file))

    def _projects(self, name: str) -> list[str]:
        """Return the projects that have a machine of a name."""
        root, file_name = Path(self.path).absolute(), self._place(MachineKey("", name))[0].name
        stored = [self._stored(folder / file_name) for folder in _folders(root)]
        return [each.key.project_name for each in stored if each is not None and each.key.name == name]

    def _place(self, key: MachineKey) -> tuple[Path, list[Alteration]]:
        path, alterations = place(key)
        return Path(self.path).absolute() / path, alterations


def _files_under(root: Path) -> Iterator[Path]:
    """Give the files that may be machines', one folder's names in memory at a time."""
    for folder in _folders(root):
        yield from _entries(folder, lambda entry: entry.name.endswith(".json"))


def _folders(root: Path) -> list[Path]:
    return _entries(root, os.DirEntry.is_dir)


def _entries(folder: Path, wanted: Callable[[os.DirEntry[str]], bool]) -> list[Path]:
    # Not by pathlib: `glob`, `is_dir` and `is_file` take what cannot be read for missing.
    with _errors_of(folder, "read"):
        try:
            with os.scandir(folder) as entries:
                return sorted(Path(entry.path) for entry in entries if wanted(entry))
        except FileNotFoundError:  # nothing was reported yet, or it has just been removed
            return []


def _is_there(file: Path) -> bool:
    with _errors_of(file, "read"):
        try:
            return stat.S_ISREG(file.stat().st_mode)
        except FileNotFoundError:
            return False


def _content_of(file: Path) -> tuple[bytes, float] | None:
    """Give what a file holds, and when it was changed; None if there is none."""
    with _errors_of(file, "read"):
        try:
            return file.read_bytes(), file.stat().st_mtime
        except FileNotFoundError:
            return None


@contextmanager
def _errors_of(target: Path, doing: str = "written") -> Iterator[None]:
    """Tell the system's errors as ours."""
    try:
        yield
    except OSError as error:
        raise error_of_disk(error, target, doing, remedy="fix the folder, or set another 'path'") from error
