"""Pure: which way a metric is better, by its name."""

import math
from collections.abc import Mapping

_LOWER = ("error", "loss", "deviance", "mse", "mae", "rmse", "mape")
_HIGHER = ("r2", "variance", "accuracy", "precision", "recall", "f1", "auc", "score")


def direction(name: str) -> int:
    """Return 1 where a greater value of the metric is better, -1 where a smaller one is, 0 if unknown."""
    lowered = name.lower()
    if any(word in lowered for word in _LOWER):
        return -1
    return int(any(word in lowered for word in _HIGHER))


def worst_first(metric: str, values: Mapping[str, float]) -> list[tuple[str, float]]:
    """Sort values of a metric, the worst first; what is not a number is the worst."""
    sign = -1 if direction(metric) < 0 else 1
    return sorted(values.items(), key=lambda item: (not math.isnan(item[1]), item[1] * sign, item[0]))
