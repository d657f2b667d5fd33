"""The order of a list, and what comes last in it."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import MachineKey, StoredMachine
from newsdesk.cli.listing.order import Order

START = datetime(2024, 1, 1, tzinfo=UTC)
NAN, INF = math.nan, math.inf


def entry(name, score=None, days=None):
    time = None if days is None else START + timedelta(days=days)
    scores = None if score is None else {"r2-score": score, "mean-squared-error": score, "own": score}
    return StoredMachine(key=MachineKey("plant", name), scores=scores, created=time, time=time)


def names(entries, order, limit=None):
    return "".join(each.key.name for each in order.sorted(entries, limit))


SCORED = [entry("a", 0.5), entry("b", NAN), entry("c"), entry("d", -INF), entry("e", INF), entry("f", 0.5)]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order("r2-score"), "dafebc"),
        (Order("r2-score", descending=True), "eafdbc"),
        (Order("own"), "dafebc"),
        (Order.of("r2-score", descending=False, worst_first=True), "bdafec"),
        (Order.of("r2_score", descending=False, worst_first=True), "bdafec"),
        (Order.of("mean-squared-error", descending=False, worst_first=True), "beafdc"),
    ],
)
def test_a_machine_without_the_score_comes_last_and_nan_is_the_worst(order, expected):
    assert names(SCORED, order) == expected
    for limit in range(1, 8):
        assert names(SCORED, order, limit) == expected[:limit]


@pytest.mark.parametrize("key", ["built", "stored"])
def test_dates_are_in_order_and_what_has_none_comes_last(key):
    entries = [entry("a", days=2), entry("b"), entry("c", days=1), entry("d", days=-1e5)]
    assert names(entries, Order(key)) == "dcab"
    assert names(entries, Order(key, descending=True)) == "acdb"


def test_names_are_in_order_both_ways():
    entries = [entry("b"), entry("a"), entry("c")]
    for limit in (None, 3, 5):
        assert names(entries, Order("name"), limit) == "abc"
        assert names(entries, Order("name", descending=True), limit) == "cba"
    assert names(entries, Order("name", descending=True), 1) == "c"


@pytest.mark.parametrize(
    ("key", "expected"),
    [("built", "'built' is not one; use --descending"), ("own", "of 'own' are better is not known")],
)
def test_the_worst_is_known_of_the_metrics_of_scikit_learn_alone(key, expected):
    with pytest.raises(ValueError, match=expected):
        Order.of(key, descending=False, worst_first=True)


@given(
    scores=st.lists(st.one_of(st.none(), st.floats()), max_size=20),
    limit=st.integers(1, 25),
    descending=st.booleans(),
    worst_first=st.booleans(),
)
def test_the_first_of_a_list_are_those_of_the_whole_list(scores, limit, descending, worst_first):
    entries = [entry(f"{number:02}", score) for number, score in enumerate(scores)]
    order = Order("r2-score", descending, worst_first)
    assert order.sorted(entries, limit) == order.sorted(entries, None)[:limit]
    assert sorted(each.key for each in order.sorted(entries, None)) == [each.key for each in entries]


@pytest.mark.parametrize(
    ("key", "needs", "does_not"),
    [
        ("r2-score", [entry("a")], [entry("a", 0.5)]),
        ("built", [entry("a")], [entry("a", days=1), entry("a", 0.5)]),
        ("name", [], [entry("a")]),
        ("stored", [], [entry("a")]),
    ],
)
def test_a_record_is_needed_only_where_the_place_depends_on_it(key, needs, does_not):
    assert all(map(Order(key).needs_record, needs))
    assert not any(map(Order(key).needs_record, does_not))
