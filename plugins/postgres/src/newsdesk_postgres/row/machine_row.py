"""Pure: a machine as one row of the table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from newsdesk import Alteration, Machine, MachineError, canonical

from newsdesk_postgres.row.jsonb import Encoder, is_suspect
from newsdesk_postgres.row.text import NAME_BYTES, decode, encode, shorten

PARTS = ("dataset", "model", "metadata", "runtime", "evaluation", "extra")
"""The columns of JSON."""
KEY = ("name", "project_name")
"""The key columns."""

Key = tuple[str, str]
"""The values of the key columns."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, ready to send."""

    values: Mapping[str, str | None]
    """Each column's value, as text; `record` is None if the other columns are complete."""
    alterations: tuple[Alteration, ...]
    """What was changed because PostgreSQL cannot store it."""

    @property
    def key(self) -> Key:
        """The row's key."""
        return self.values["name"] or "", self.values["project_name"] or ""

    @property
    def label(self) -> str:
        """The machine's project and name, for messages."""
        return f"{self.values['project_name']}/{self.values['name']}"

    @property
    def size(self) -> int:
        """Approximate bytes of UTF-8: non-ASCII characters are rare."""
        return sum(len(value) for value in self.values.values() if value)


def row_of(machine: Machine) -> Row:
    """Convert a machine to a row."""
    texts = {part: machine.to_json(part) for part in PARTS}
    record = machine.to_json()
    encoder = Encoder()
    if is_suspect(record):
        texts = {
            part: canonical.dumps(encoder.value(getattr(machine, part), () if part == "extra" else (part,)))
            for part in PARTS
        }
    key = {column: _key_text(getattr(machine, column), column, encoder) for column in KEY}
    return Row(
        {
            **key,
            **{part: text.decode() for part, text in texts.items()},
            "revision": machine.revision,
            "model_key": machine.model_key,
            "record": record.decode() if encoder.loses else None,
        },
        tuple(encoder.alterations),
    )


def column_text(name: str) -> str:
    """Return the column's text for a name of a machine or project."""
    return shorten(encode(name))


def _key_text(name: str, column: str, encoder: Encoder) -> str:
    encoded = encoder.text(name, (column,))
    filed = shorten(encoded)
    if filed != encoded:
        encoder.loses = True
        size = len(encoded.encode())
        detail = f"{size} bytes truncated to {NAME_BYTES}, with its SHA-256 at the end, to fit an index"
        encoder.alterations.append(
            Alteration(column, "truncated", f"{detail}; the column 'record' has the original")
        )
    return filed


def machine_of(values: Mapping[str, str | None]) -> Machine:
    """Convert a row's values to a machine; a row of an older table has only some of them.

    `record` is ignored if it does not match the other columns: another writer may have changed those.
    """
    record = None if values["record"] is None else _read(values["record"])
    if record is not None and _matches(record, values):
        return record
    texts = {part: values[part] for part in PARTS}
    parts = {part: canonical.loads(text) or {} for part, text in texts.items() if text is not None}
    name, project_name = (_name(column, values, record) for column in KEY)
    return Machine(name=name, project_name=project_name, **parts)


def _read(record: str) -> Machine | None:
    """Parse a record; another writer may have put something else there."""
    try:
        return Machine.from_json(record)
    except MachineError:
        return None


def _name(column: str, values: Mapping[str, str | None], record: Machine | None) -> str:
    """Return the name that a column holds; of a truncated one it has the SHA-256, and the record the rest."""
    text = values[column] or ""
    recorded = None if record is None else str(getattr(record, column))
    return recorded if recorded is not None and column_text(recorded) == text else decode(text)


def _matches(machine: Machine, values: Mapping[str, str | None]) -> bool:
    held = row_of(machine).values
    return all(held[column] == values[column] for column in KEY) and all(
        _exact(held[part]) == _exact(values[part]) for part in PARTS
    )


def _exact(text: str | None) -> Any:
    """Parse JSON as jsonb compares it: numbers by exact value, without floats."""
    return None if text is None else json.loads(text, parse_float=Decimal, parse_int=Decimal)
