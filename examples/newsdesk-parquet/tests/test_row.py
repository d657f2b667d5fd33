"""A machine as a row."""

import datetime as dt
from typing import Any

import pytest
from newsdesk import Machine

from newsdesk_parquet.row import row_of


def built(**model: Any) -> Machine:
    metadata = {"build_metadata": {"model": model}}
    return Machine(name="pump-7", project_name="plant", metadata=metadata)


def test_a_row_has_columns_for_analysis_and_the_complete_record() -> None:
    scores = {"r2": {"fold-1": 0.5, "fold-2": "NaN"}, "total": 3}
    machine = Machine(
        name="pump-7",
        project_name="plant",
        dataset={"tag_list": ["T 1", {"name": "T 2", "asset": "north"}]},
        metadata=dict(
            built(
                model_creation_date="2026-01-01 12:00:00+02:00",
                model_builder_version="1.2.3",
                model_training_duration_sec=12.5,
                cross_validation={"scores": scores},
            ).metadata
        ),
    )
    row = row_of(machine)
    assert repr(row.values.pop("scores")) == repr(
        [
            {"score": "r2", "fold": "fold-1", "value": 0.5},
            {"score": "r2", "fold": "fold-2", "value": float("nan")},
            {"score": "total", "fold": None, "value": 3.0},
        ]
    )
    assert row.values == {
        "project_name": "plant",
        "name": "pump-7",
        "model_key": machine.model_key,
        "revision": machine.revision,
        "builder_version": "1.2.3",
        "built_at": dt.datetime(2026, 1, 1, 10, tzinfo=dt.UTC),
        "training_seconds": 12.5,
        "tags": ["T 1", "T 2"],
        "record": machine.to_json().decode(),
    }
    assert row.alterations == []


@pytest.mark.parametrize(
    "parts",
    [
        {"metadata": {"build_metadata": None}},
        {"metadata": {"build_metadata": {"model": {"cross_validation": {"scores": []}}}}},
        {"dataset": {"tag_list": 7}},
        {"dataset": {"tag_list": [None, 3, {"name": 4}]}},
    ],
)
def test_a_record_of_another_shape_leaves_columns_empty(parts: dict[str, Any]) -> None:
    row = row_of(Machine(name="pump-7", **parts))
    assert row.values["scores"] == row.values["tags"] == row.alterations == []


@pytest.mark.parametrize("date", [None, 7, "yesterday", "0001-01-01T00:00:00+10:00"])
def test_an_invalid_date_leaves_its_column_empty(date: Any) -> None:
    assert row_of(built(model_creation_date=date)).values["built_at"] is None


def test_a_date_without_a_time_zone_counts_as_utc() -> None:
    row = row_of(built(model_creation_date="2026-01-01"))
    assert row.values["built_at"] == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize("value", [True, "high", 10**400, None, [1]])
def test_a_score_that_is_not_a_number_is_an_alteration(value: Any) -> None:
    row = row_of(built(cross_validation={"scores": {"r2": {"fold-1": value}}}))
    assert row.values["scores"] == []
    assert [str(alteration) for alteration in row.alterations] == [
        "scores.r2.fold-1 omitted: it is not a number; the record has it"
    ]


def test_text_that_parquet_cannot_store_is_escaped() -> None:
    row = row_of(Machine(name="\ud800", dataset={"tag_list": ["a\udfff"]}))
    assert (row.values["name"], row.values["tags"]) == ("\\ud800", ["a\\udfff"])
    assert [(alteration.path, alteration.kind) for alteration in row.alterations] == [
        ("name", "encoded"),
        ("tags", "encoded"),
    ]
