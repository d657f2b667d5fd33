"""ParquetReporter: its parameters, and the methods that newsdesk calls."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from newsdesk import (
    BaseReporter,
    Delivery,
    Machine,
    MachineDoesNotExist,
    MachineKey,
    Plan,
    StoredMachine,
    sole_project,
)

from newsdesk_parquet.place import place_of
from newsdesk_parquet.row import row_of

if TYPE_CHECKING:
    from newsdesk_parquet.dataset import Dataset

_LISTED = ("project_name", "name", "model_key", "revision", "built_at")


class ParquetReporter(BaseReporter):
    """Stores the record of each machine as one file of a Parquet dataset, partitioned by project.

    Any number of writers may share a dataset: files are replaced atomically, so a reader sees the old record
    or the new one.

    Args:
        path: The dataset's folder; created at the first report.
    """

    _dataset: "Dataset"

    def __init__(self, path: str) -> None:
        self.path = path

    def open(self) -> None:
        """Import pyarrow, which is slow."""
        from newsdesk_parquet.dataset import Dataset

        self._dataset = Dataset(self.path)

    def report(self, machine: Machine) -> Delivery:
        """Write the machine's file, unless it holds this revision already.

        Raises:
            PermanentReporterError: The folder is not writable.
            TransientReporterError: The disk is full or failing.
        """
        place, row = place_of(machine.key), row_of(machine)
        is_new = self._dataset.put(place.path, machine.revision, row.values)
        return Delivery(
            reference=str(self._dataset.folder / place.path),
            alterations=[*place.alterations, *row.alterations],
            unchanged=not is_new,
        )

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Return the machines that have a file."""
        return {key for key in keys if self._dataset.has(place_of(key).path)}

    def machines(self, *, all_revisions: bool = False) -> Iterator[StoredMachine]:
        """Yield the machines that have a file; of each, only a few columns are read.

        Raises:
            PermanentReporterError: A file cannot be read, or is damaged.
            TransientReporterError: The disk is failing.
        """
        for path in self._dataset.paths():
            if (row := self._dataset.read(path, *_LISTED)) is None:
                continue
            key = MachineKey(row["project_name"], row["name"])
            if place_of(key).path != path:  # escaped in the columns, or the file was copied here
                machine = self._machine(path)
                if machine is None or place_of(machine.key).path != path:
                    continue
                key = machine.key
            yield StoredMachine(
                key=key,
                revision=row["revision"],
                model_key=row["model_key"],
                time=self._dataset.changed(path),
                reference=str(self._dataset.folder / path),
                created=row["built_at"],
            )

    def fetch(self, name: str, project_name: str | None = None, revision: str | None = None) -> Machine:
        """Read the record of a machine's file; without a project, the names in all files first."""
        if project_name is None:
            found = [stored.key.project_name for stored in self.machines() if stored.key.name == name]
            project_name = sole_project(name, found)
        machine = self._machine(place_of(MachineKey(project_name, name)).path)
        if machine is None:
            raise MachineDoesNotExist(name, project_name)
        return machine

    def _machine(self, path: PurePosixPath) -> Machine | None:
        row = self._dataset.read(path, "record")
        return None if row is None else Machine.from_json(row["record"])

    def ping(self) -> None:
        """Check that the folder, or its closest existing parent, is writable."""
        self._dataset.check()

    def plan(self, machine: Machine) -> Plan:
        """Preview what `report` would write; `size` is that before compression."""
        alterations = [*place_of(machine.key).alterations, *row_of(machine).alterations]
        return Plan(requests=0, items={"files": 1}, alterations=alterations, size=len(machine.to_json()))
