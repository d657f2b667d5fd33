"""A machine as a row for analysis; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from newsdesk import Alteration, Machine, record


@dataclass(frozen=True)
class Row:
    """The value of each column, and how values were altered to fit."""

    values: dict[str, Any]
    """By column name; `record` is the complete record as JSON."""
    alterations: list[Alteration] = field(default_factory=list)
    """Values that do not fit their column; `record` has the originals."""


def row_of(machine: Machine) -> Row:
    """Return a machine's row."""
    build = record.build(machine)
    row = Row({})
    row.values.update(
        project_name=_text(row, "project_name", machine.project_name),
        name=_text(row, "name", machine.name),
        model_key=machine.model_key,
        revision=machine.revision,
        builder_version=_text(row, "builder_version", build.builder_version),
        built_at=build.created_at,
        training_seconds=build.training_seconds,
        tags=[_text(row, "tags", tag) for tag in record.tags(machine)],
        scores=list(_scores(row, record.mapping_at(machine, record.paths.SCORES))),
        record=machine.to_json().decode(),
    )
    return row


def _scores(row: Row, scores: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for score, found in scores.items():
        # A score without folds is one number.
        for fold, value in (found if isinstance(found, dict) else {None: found}).items():
            path = f"scores.{score}" if fold is None else f"scores.{score}.{fold}"
            number = _number(value)
            if number is None:
                row.alterations.append(
                    Alteration(_escaped(path), "omitted", "it is not a number; the record has it")
                )
                continue
            yield {"score": _text(row, path, score), "fold": _text(row, path, fold), "value": number}


def _text(row: Row, path: str, text: str | None) -> str | None:
    """Return a text as Parquet can store it."""
    if text is None:
        return None
    shown = _escaped(text)
    if shown != text:
        detail = "UTF-8 cannot encode a lone surrogate, so it is escaped; the record has it"
        row.alterations.append(Alteration(_escaped(path), "encoded", detail))
    return shown


def _escaped(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _number(value: Any) -> float | None:
    """Return a number; NaN and the infinities are strings in a record."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
