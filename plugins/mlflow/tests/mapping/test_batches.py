"""Items in as few requests as the limits allow."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.batching import ItemTooLargeError
from newsdesk_mlflow.limits import FLAVOURS, ServerLimits
from newsdesk_mlflow.mapping.batches import Batch, batches, body_size
from newsdesk_mlflow.mapping.items import Metric, Param, Tag

LIMITS = ServerLimits()


def made(metrics, params, tags, limits=LIMITS):
    return [
        *batches(
            [Metric(f"m{n}", n * 0.1, n) for n in range(metrics)],
            [Param(f"p{n}", "v") for n in range(params)],
            [Tag(f"t{n}", "v") for n in range(tags)],
            limits,
        )
    ]


def body(batch):
    """The body as the client sends it."""
    metrics = [
        {"key": m.key, "value": m.value, "timestamp": 1_800_000_000_000, "step": m.step}
        for m in batch.metrics
    ]
    others = {
        kind: [{"key": i.key, "value": i.value} for i in getattr(batch, kind)] for kind in ("params", "tags")
    }
    return json.dumps({"run_uuid": "0" * 32, "run_id": "0" * 32, "metrics": metrics, **others})


def test_what_fits_into_one_request_goes_into_one():
    (batch,) = made(800, 100, 100)
    assert [len(kind) for kind in batch] == [800, 100, 100]


def test_nothing_takes_no_request():
    assert made(0, 0, 0) == []


@pytest.mark.parametrize(
    ("counts", "requests"),
    [((1000, 0, 0), 1), ((1001, 0, 0), 2), ((0, 101, 0), 2), ((900, 101, 0), 2), ((4000, 500, 0), 5)],
)
def test_the_requests_are_as_few_as_the_limits_allow(counts, requests):
    assert len(made(*counts)) == requests


@given(
    st.integers(0, 60),
    st.integers(0, 30),
    st.integers(0, 30),
    st.builds(
        ServerLimits,
        metrics=st.integers(1, 50),
        params=st.integers(1, 10),
        tags=st.integers(1, 10),
        total=st.integers(1, 60),
    ),
)
def test_nothing_is_lost_repeated_or_reordered_and_each_limit_holds(metrics, params, tags, limits):
    result = made(metrics, params, tags, limits)
    for kind, prefix, count in (("metrics", "m", metrics), ("params", "p", params), ("tags", "t", tags)):
        assert [item.key for batch in result for item in getattr(batch, kind)] == [
            f"{prefix}{n}" for n in range(count)
        ]
        assert all(len(getattr(batch, kind)) <= getattr(limits, kind) for batch in result)
    assert all(0 < sum(map(len, batch)) <= limits.total for batch in result)


@pytest.mark.parametrize("character", ["x", "é", "😀", '"', "\n"])
@pytest.mark.parametrize("limits", FLAVOURS.values(), ids=FLAVOURS)
def test_each_body_stays_below_the_limit_in_bytes_whatever_the_script(character, limits):
    params = [Param(f"p{n}", character * limits.param_value_length) for n in range(limits.params)]
    metrics = [Metric("k" * 246 + f"{n:04}", 0.1 + 0.2, 2**62, "") for n in range(1000)]
    tags = [Tag(f"t{n}", character * limits.tag_value_length) for n in range(20)]
    sizes = [(len(body(batch)), body_size(batch)) for batch in batches(metrics, params, tags, limits)]
    assert all(size < estimate < limits.request_bytes for size, estimate in sizes)


def test_an_item_that_fits_in_no_request_is_named():
    with pytest.raises(
        ItemTooLargeError, match=r"item 0 needs .* bytes, and a batch holds at most 9999: .*'too-long'"
    ):
        [*batches([], [Param("too-long", "x" * 20_000)], [], replace(LIMITS, request_bytes=10_000))]


def test_an_empty_batch_has_the_size_of_its_envelope():
    assert len(body(Batch([], [], []))) < body_size(Batch([], [], [])) == 1024


def test_thousands_of_small_items_take_less_than_is_reckoned():
    params = [Param(f"p{n}", "v") for n in range(5000)]
    tags = [Tag(f"t{n}", "") for n in range(5000)]
    for batch in (Batch([], params, []), Batch([], [], tags), Batch([], params, tags)):
        assert len(body(batch)) < body_size(batch)


@pytest.mark.parametrize(("step", "digits"), [(0, 1), (-1, 2), (2**62, 19), (-(2**63), 20)])
def test_a_step_takes_its_digits(step, digits):
    def size(step):
        return body_size(Batch([Metric("loss", 0.5, step, "")], [], []))

    assert size(step) - size(0) == digits - 1
