"""A folder of JSON files, one for each machine."""

import os
from collections.abc import Sequence
from pathlib import Path

from newsdesk.builtin.atomic import write_atomically
from newsdesk.builtin.file_names import file_name
from newsdesk.exceptions import PermanentReporterError, TransientReporterError
from newsdesk.machine import Machine, MachineKey
from newsdesk.receipt import Alteration, Delivery, Plan
from newsdesk.reporter import BaseReporter

_PERMANENT = (PermissionError, NotADirectoryError, IsADirectoryError)


class FilesReporter(BaseReporter):
    """Writes each machine's canonical JSON to `path/<project>/<name>.json`.

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
            PermanentReporterError: the folder cannot be written to.
            TransientReporterError: the disk is full, or failed.
        """
        target, alterations = self._place(machine.key)
        record = machine.to_json()
        try:
            if target.is_file() and target.read_bytes() == record:
                return Delivery(reference=str(target), alterations=alterations, unchanged=True)
            write_atomically(target, record)
        except _PERMANENT as error:
            raise PermanentReporterError(
                f"{str(target)!r} cannot be written: {error.strerror}; mend the folder, or give another as 'path'"
            ) from error
        except OSError as error:
            raise TransientReporterError(
                f"{str(target)!r} cannot be written now: {error.strerror}"
            ) from error
        return Delivery(reference=str(target), alterations=alterations)

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Tell which machines have a file."""
        return {key for key in keys if self._place(key)[0].is_file()}

    def plan(self, machine: Machine) -> Plan:
        """Tell the size of the file."""
        _, alterations = self._place(machine.key)
        return Plan(requests=0, items={"files": 1}, alterations=alterations, size=len(machine.to_json()))

    def _place(self, key: MachineKey) -> tuple[Path, list[Alteration]]:
        project, name = file_name(key.project_name), file_name(key.name)
        alterations = [
            Alteration(
                path,
                "renamed",
                f"too long for a file's name, so its file is {encoded!r}; the record is untouched",
            )
            for path, text, encoded in (
                ("project_name", key.project_name, project),
                ("name", key.name, name),
            )
            if encoded.shortened
        ]
        return Path(self.path).absolute() / project / f"{name}.json", alterations
