"""Which way a metric is better."""

import inspect
import re

import pytest
from newsdesk.record.directions import better

# What has one number for a value, and ends with none of scikit-learn's endings.
NAMED_OTHERWISE = {"auc", "matthews_corrcoef"}
# Ends with _score, and is better when lower, as its documentation has it: zero is the lowest score.
EXCEPTIONS = {"davies_bouldin_score": "lower"}


def metrics():
    """The functions of scikit-learn, each with its direction by the endings that it documents."""
    module = pytest.importorskip("sklearn.metrics")
    ends = {"higher": r"_score$", "lower": r"_(error|loss|deviance)$"}
    return {
        name: EXCEPTIONS.get(name, direction)
        for name in module.__all__
        if inspect.isfunction(getattr(module, name))
        for direction, end in ends.items()
        if re.search(end, name)
    } | dict.fromkeys(NAMED_OTHERWISE, "higher")


def test_every_metric_of_scikit_learn_has_the_direction_of_its_name():
    found = metrics()
    assert len(found) > 50
    assert {name: better(name) for name in found} == found
    assert {name: better(name.replace("_", "-")) for name in found} == found


def test_every_scorer_of_scikit_learn_is_better_when_higher():
    """Those that are negated as well, whose functions are better when lower."""
    names = set(pytest.importorskip("sklearn.metrics").get_scorer_names()) - {"max_error"}
    assert len(names) > 50
    assert {name: better(name) for name in names} == dict.fromkeys(names, "higher")


@pytest.mark.parametrize(
    ("metric", "direction"),
    [
        ("explained-variance-score", "higher"),
        ("r2-score", "higher"),
        ("mean-squared-error", "lower"),
        ("mean-absolute-error", "lower"),
        ("neg-mean-squared-error", "higher"),
        ("neg-brier-score", "higher"),
        ("neg-negative-likelihood-ratio", "higher"),
        ("max-error", "lower"),
        ("log-loss", "lower"),
        ("acme-score", None),
        ("r2-score-TAG-001", None),
        ("R2-score", None),
        ("", None),
    ],
)
def test_a_metric_has_the_direction_that_is_known_of_it_or_none(metric, direction):
    assert better(metric) == direction
