"""ParquetReporter: its parameters, and the methods that newsdesk calls."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from newsdesk import BaseReporter, Delivery, Machine, MachineKey, Plan

from newsdesk_parquet.place import place_of
from newsdesk_parquet.row import row_of

if TYPE_CHECKING:
    from newsdesk_parquet.dataset import Dataset


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

    def ping(self) -> None:
        """Check that the folder, or its closest existing parent, is writable."""
        self._dataset.check()

    def plan(self, machine: Machine) -> Plan:
        """Preview what `report` would write; `size` is that before compression."""
        alterations = [*place_of(machine.key).alterations, *row_of(machine).alterations]
        return Plan(requests=0, items={"files": 1}, alterations=alterations, size=len(machine.to_json()))
