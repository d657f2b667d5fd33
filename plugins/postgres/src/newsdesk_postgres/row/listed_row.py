"""Pure: a row of a listing, without its record."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from newsdesk import Machine, MachineKey, StoredMachine, canonical
from newsdesk.record import paths

from newsdesk_postgres.row.jsonb import decoded
from newsdesk_postgres.row.machine_row import Key, column_text
from newsdesk_postgres.row.text import decode, is_shortened

SUMMARY = (paths.CREATED, paths.SCORES, paths.TAGS, paths.TARGET_TAGS)
"""Where a record has what the summary of a row lists."""


class ListedRow(NamedTuple):
    """What a listing reads of a row."""

    name: str
    """The column's text."""
    project_name: str
    """The same of the project; empty if it is unknown."""
    unchanged: bool | None
    """Whether nobody has written the row since newsdesk did."""
    revision: str | None
    """The revision that newsdesk wrote."""
    model_key: str | None
    """The model key that newsdesk wrote."""
    reported_at: datetime | None
    """When newsdesk wrote it."""
    has_record: bool
    """Whether the columns do not represent the record exactly."""
    summary: str
    """JSON: the date of the build, the means of all scores by name, the tags, the target tags."""

    @property
    def key(self) -> Key:
        """The row's key."""
        return self.name, self.project_name

    @property
    def machine_key(self) -> MachineKey | None:
        """The machine's key; None if a part of it was truncated, so that only the record has it."""
        if is_shortened(self.name) or is_shortened(self.project_name):
            return None
        return MachineKey(decode(self.project_name), decode(self.name))

    def stored(self, key: MachineKey, reference: str) -> StoredMachine | None:
        """Describe the machine, whose key this is; None if `fetch` would not find it by its key.

        What newsdesk wrote of a row (revision, model key, time) is left out if another writer has changed it.
        """
        if not key.name or (column_text(key.name), column_text(key.project_name)) != self.key:
            return None
        read = self._read()
        return StoredMachine(
            key=key,
            revision=self.revision if self.unchanged else None,
            model_key=self.model_key if self.unchanged else None,
            time=self.reported_at if self.unchanged else None,
            reference=reference,
            scores=None if read is None else read.scores,
            created=None if read is None else read.created,
        )

    def _read(self) -> StoredMachine | None:
        """Read the summary, as of a record that has nothing else; None if no record could have it."""
        try:
            values = canonical.loads(self.summary)
            if self.unchanged and self.has_record:
                values = decoded(values)
            record: dict[str, Any] = {"name": "read"}
            for path, value in zip(SUMMARY, values, strict=True):
                _put(record, path.split("."), value)
            return StoredMachine.of(Machine.from_dict(record))
        except ValueError:  # an integer of thousands of digits, for example
            return None


def _put(mapping: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *keys, last = path
    for key in keys:
        mapping = mapping.setdefault(key, {})
    mapping[last] = value
