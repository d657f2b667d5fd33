"""The build itself."""

from datetime import UTC, datetime

from newsdesk import record
from newsdesk.machine import Machine


def test_a_real_machine_has_all_of_it(real_machine):
    assert record.build(real_machine) == record.Build(
        created="2026-11-22 22:28:05.997616+00:00",
        created_at=datetime(2026, 11, 22, 22, 28, 5, 997616, UTC),
        builder_version="6.3.3",
        train_start_date="2019-01-01T00:00:00+00:00",
        train_end_date="2019-03-01T00:00:00+00:00",
        training_seconds=15.189937591552734,
        cv_seconds=30.80787420272827,
        query_seconds=0.2293245792388916,
        offset=0,
    )


def test_a_bare_machine_has_none_of_it():
    assert record.build(Machine("m")) == record.Build(*[None] * 9)


def test_a_creation_date_that_is_not_a_date_is_kept_as_text():
    model = {"model_creation_date": "yesterday", "model_offset": 3.0, "model_builder_version": 5}
    found = record.build(Machine("m", metadata={"build_metadata": {"model": model}}))
    assert (found.created, found.created_at, found.offset, found.builder_version) == (
        "yesterday",
        None,
        3,
        "5",
    )
