"""ParquetReporter: the parameters, and what newsdesk asks of a reporter."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from newsdesk import BaseReporter, Delivery, Machine, MachineKey, Plan

from newsdesk_parquet.place import place_of
from newsdesk_parquet.row import row_of

if TYPE_CHECKING:
    from newsdesk_parquet.dataset import Dataset


class ParquetReporter(BaseReporter):
    """Keeps the record of each machine as one file of a Parquet dataset, partitioned by project.

    Any number of writers may share a dataset: a file is replaced as a whole, so that a reader sees the old
    record or the new one.

    Args:
        path: The dataset's folder; it is made when the first machine comes.
    """

    _dataset: "Dataset"

    def __init__(self, path: str) -> None:
        self.path = path

    def open(self) -> None:
        """Load pyarrow, which takes a while."""
        from newsdesk_parquet.dataset import Dataset

        self._dataset = Dataset(self.path)

    def report(self, machine: Machine) -> Delivery:
        """Write the machine's file, unless it holds this revision already.

        Raises:
            PermanentReporterError: the folder cannot be written to.
            TransientReporterError: the disk is full, or failed.
        """
        place, row = place_of(machine.key), row_of(machine)
        is_new = self._dataset.put(place.path, machine.revision, row.values)
        return Delivery(
            reference=str(self._dataset.folder / place.path),
            alterations=[*place.alterations, *row.alterations],
            unchanged=not is_new,
        )

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Tell which machines have a file."""
        return {key for key in keys if self._dataset.has(place_of(key).path)}

    def ping(self) -> None:
        """Ask whether the folder, or the one that it will be made in, can be written to."""
        self._dataset.check()

    def plan(self, machine: Machine) -> Plan:
        """Tell what would be written; the file is smaller, because it is compressed."""
        alterations = [*place_of(machine.key).alterations, *row_of(machine).alterations]
        return Plan(requests=0, items={"files": 1}, alterations=alterations, size=len(machine.to_json()))
