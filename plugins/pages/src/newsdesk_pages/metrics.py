"""Pure: which way a metric is better."""

import math
from collections.abc import Mapping

from newsdesk.record.directions import better

_SIGNS = {"higher": 1, "lower": -1, None: 0}


def direction(metric: str) -> int:
    """Return 1 where a greater value of the metric is better, -1 where a smaller one is, 0 if unknown."""
    return _SIGNS[better(metric)]


def worst_first(metric: str, values: Mapping[str, float]) -> list[tuple[str, float]]:
    """Sort values of a metric, the worst first; what is not a number is the worst."""
    sign = direction(metric) or 1
    return sorted(values.items(), key=lambda item: (not math.isnan(item[1]), item[1] * sign, item[0]))
