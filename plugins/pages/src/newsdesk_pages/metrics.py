"""Pure: which way a metric is better, and so which of its values are the worst."""

import math

from newsdesk import Machine, record
from newsdesk.record.directions import better

_SIGNS = {"higher": 1, "lower": -1, None: 0}


def direction(metric: str) -> int:
    """Return 1 where a greater value of the metric is better, -1 where a smaller one is, 0 if unknown."""
    return _SIGNS[better(metric)]


def tag_scores(machine: Machine) -> dict[str, list[record.Score]]:
    """Return the scores of single tags by metric, the worst first; what is not a number is the worst."""
    found: dict[str, list[record.Score]] = {}
    for score in record.scores(machine).values():
        if score.tag is not None and score.mean is not None:
            found.setdefault(score.metric, []).append(score)
    # Metrics of which more is better come first: of these the page shows the first.
    metrics = sorted(found, key=lambda metric: (-direction(metric), metric))
    return {metric: sorted(found[metric], key=_worst_first) for metric in metrics}


def _worst_first(score: record.Score) -> tuple[bool, float, str]:
    mean = score.mean or 0.0
    return not math.isnan(mean), mean * (direction(score.metric) or 1), score.name
