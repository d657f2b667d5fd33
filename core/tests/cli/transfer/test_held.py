"""What one backend holds of a machine, compared with what another holds."""

from datetime import UTC, datetime

import pytest
from newsdesk.cli.transfer.held import Held, State, compare, compare_all


def day(number):
    return None if number is None else datetime(2026, 11, number, tzinfo=UTC)


def held(revision, created=None, time=None):
    return Held(revision, day(created), day(time))


@pytest.mark.parametrize(
    ("source", "target", "state"),
    [
        (held("r", 1, 1), held("r", 2, 2), State.EQUAL),
        (held("r", 2, 1), held("s", 1, 2), State.OLDER),
        (held("r", 1, 2), held("s", 2, 1), State.NEWER),
        (held("r", 1, 2), held("s", 1, 1), State.OLDER),
        (held("r", None, 1), held("s", 9, 2), State.NEWER),
        (held("r", None, 1), held("s", 9, None), State.DIFFERENT),
        (held("r", 1, 1), held("s", 1, 1), State.DIFFERENT),
        (held(None), held(None), State.DIFFERENT),
    ],
)
def test_the_newer_one_is_that_of_the_later_build_else_that_was_stored_later(source, target, state):
    assert compare(source, target) is state


@pytest.mark.parametrize(
    ("target", "states"),
    [
        ([], ["missing", "missing", "missing"]),
        (["r1"], ["older", "older", "equal"]),
        (["r2"], ["older", "equal", "newer"]),
        (["r3"], ["equal", "newer", "newer"]),
        (["r3", "r1"], ["equal", "newer", "equal"]),
        (["r1", "r3"], ["equal", "older", "equal"]),
        (["x"], ["newer", "newer", "newer"]),
        (["x", "r2"], ["newer", "equal", "newer"]),
    ],
)
def test_where_the_source_has_had_what_the_target_holds_its_own_order_counts(target, states):
    """Every one of the target's was stored there later than any of the source's."""
    source = [held(f"r{number}", time=number) for number in (3, 2, 1)]
    assert [*compare_all(source, [held(each, time=9) for each in target])] == states


def test_a_revision_that_is_not_known_equals_none():
    assert [*compare_all([held(None, time=1)], [held(None, time=2)])] == ["newer"]
