import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.batching import ItemTooLargeError, Limits, split
from newsdesk.exceptions import PermanentReporterError

limit = st.none() | st.integers(1, 6)
kinds = st.dictionaries(st.sampled_from("mpt"), st.integers(1, 4), max_size=3)
# An item is its kind and its size in bytes.
items = st.lists(st.tuples(st.sampled_from("mptx"), st.integers(0, 7)), max_size=14)


def kind(item):
    return item[0]


def size(item):
    return item[1]


def fits(batch, limits, overhead=0):
    return (
        (limits.total is None or len(batch) <= limits.total)
        and (limits.size is None or overhead + sum(map(size, batch)) <= limits.size)
        and all(sum(kind(item) == k for item in batch) <= most for k, most in limits.kinds.items())
    )


def fewest(items, limits, overhead):
    """Give the least number of batches by trying every place to cut; None when there is none."""
    best = [0]
    for end in range(1, len(items) + 1):
        starts = [
            start
            for start in range(end)
            if best[start] is not None and fits(items[start:end], limits, overhead)
        ]
        best.append(min((best[start] + 1 for start in starts), default=None))
    return best[-1]


@given(items, limit, st.none() | st.integers(1, 20), kinds, st.integers(0, 5))
def test_batches_keep_order_and_limits_lose_nothing_and_are_as_few_as_can_be(
    items, total, room, by_kind, overhead
):
    limits = Limits(total, room, by_kind)
    least = fewest(items, limits, overhead)
    batches, error = [], None
    try:
        batches.extend(split(items, limits, kind=kind, size=size, overhead=overhead))
    except ItemTooLargeError as raised:
        error = raised
    given_items = [item for batch in batches for item in batch]
    assert all(batch and fits(batch, limits, overhead) for batch in batches)
    if error is None:
        assert given_items == items
        assert len(batches) == least
    else:
        # It names the first item that fits in no batch; what was given is whole batches of those before it.
        assert least is None
        first = next(index for index, item in enumerate(items) if not fits([item], limits, overhead))
        assert (error.index, error.item, error.limit) == (first, items[first], room)
        assert error.size == overhead + size(items[first])
        assert given_items == items[: len(given_items)]
        assert len(given_items) <= first


@given(items)
def test_without_limits_there_is_one_batch_and_of_nothing_none(items):
    assert list(split(items, Limits())) == ([items] if items else [])


@given(items, st.integers(1, 5))
def test_a_limit_of_count_needs_no_functions(items, total):
    assert list(split(items, Limits(total=total))) == list(
        split(items, Limits(total=total), kind=kind, size=size)
    )


def test_a_kind_without_a_limit_counts_for_the_total_alone():
    given_items = [("m", 0), ("x", 0), ("x", 0), ("m", 0)]
    assert list(split(given_items, Limits(total=3, kinds={"m": 1}), kind=kind)) == [
        given_items[:3],
        given_items[3:],
    ]


def test_the_limits_of_mlflow_are_met():
    params = [("p", 1)] * 250
    metrics = [("m", 1)] * 900
    batches = list(split([*params, *metrics], Limits(1000, None, {"p": 100, "m": 1000}), kind=kind))
    assert [len(batch) for batch in batches] == [100, 100, 950]


def test_an_item_too_large_is_named():
    with pytest.raises(ItemTooLargeError) as caught:
        list(split(["a", "bbbb"], Limits(size=5), size=len, overhead=2))
    assert str(caught.value) == (
        "item 1 needs 6 bytes, and a batch holds at most 5: 'bbbb'; shorten it, or raise the limit"
    )
    assert isinstance(caught.value, PermanentReporterError)


def test_an_item_too_large_is_shown_short():
    with pytest.raises(ItemTooLargeError) as caught:
        list(split(["b" * 999], Limits(size=5), size=len))
    assert str(caught.value) == (
        f"item 0 needs 999 bytes, and a batch holds at most 5: '{'b' * 196}...; shorten it, or raise the limit"
    )


def test_the_batches_before_an_item_too_large_are_given_first():
    batches = split(["aa", "bb", "cc", "dddddd"], Limits(size=4), size=len)
    assert next(batches) == ["aa", "bb"]
    with pytest.raises(ItemTooLargeError):
        next(batches)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"total": 0}, "the limit 'total' must be at least 1, but is 0; use None for no limit"),
        ({"size": -1}, "the limit 'size' must be at least 1, but is -1; use None for no limit"),
        ({"kinds": {"p": 0}}, "the limit 'p' must be at least 1, but is 0; use None for no limit"),
    ],
)
def test_a_limit_that_nothing_can_keep_is_refused(limits, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (its text is compared whole)
        Limits(**limits)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(kinds={"p": 1}), "limits by kind need the function `kind`"),
        (Limits(size=1), "a limit of bytes needs the function `size`"),
    ],
)
def test_a_limit_without_its_function_is_told_before_the_first_batch(limits, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (its text is compared whole)
        split([], limits)
    assert str(caught.value) == message
