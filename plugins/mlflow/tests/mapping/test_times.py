"""When a run begins and ends is when the build did, by its record."""

import pytest
from hypothesis import given
from newsdesk import Machine
from newsdesk.testing.strategies import machines
from newsdesk_mlflow.mapping.times import Span, build_span, readable_milliseconds

CREATED = 1_763_848_085_997
"""2025-11-22 21:48:05.997 UTC."""


def built(created="2025-11-22 21:48:05.997000+00:00", query=None, cv=None, training=None):
    model = {
        "model_creation_date": created,
        "model_training_duration_sec": training,
        "cross_validation": {"cv_duration_sec": cv},
    }
    return Machine(
        "m", metadata={"build_metadata": {"model": model, "dataset": {"query_duration_sec": query}}}
    )


def test_it_ends_when_the_model_was_created_and_took_as_long_as_the_build():
    assert build_span(built()) == Span(CREATED, CREATED)
    assert build_span(built(query=0.5, cv=2, training=1.25)) == Span(CREATED - 3750, CREATED)
    assert build_span(built(created="2025-11-22 22:48:05.997000+01:00", cv=2)) == Span(
        CREATED - 2000, CREATED
    )


@pytest.mark.parametrize("seconds", ["NaN", "Infinity", "-Infinity", -5, "bad", None, True])
def test_a_duration_that_is_none_counts_as_nothing(seconds):
    assert build_span(built(cv=seconds, training=1)) == Span(CREATED - 1000, CREATED)


@pytest.mark.parametrize(
    "machine",
    [
        Machine("m"),
        built(created=None),
        built(created="bad"),
        built(created="1969-12-31 23:00:00+00:00"),
        built(training=1e300),
    ],
)
def test_what_no_run_can_have_is_left_to_the_report(machine):
    assert build_span(machine) is None


@given(machine=machines())
def test_of_any_machine(machine):
    span = build_span(machine)
    assert span is None or 0 < span.began <= span.ended


def test_a_time_is_readable():
    assert readable_milliseconds(CREATED) == "2025-11-22 21:48:05 UTC"
