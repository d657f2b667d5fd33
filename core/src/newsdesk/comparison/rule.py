"""A rule of a gate: which scores it is about, and how much worse they may get."""

import dataclasses
import math
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Literal

from newsdesk.contract.types.fit import fit
from newsdesk.exceptions import DefinitionError, Fault
from newsdesk.record.directions import Direction, better, metric_name


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """How much worse the scores of some metrics may get.

    A score may be worse by `absolute`, or by `relative` times the size of the baseline, whichever is larger.
    At a baseline near zero a relative tolerance allows next to nothing: give an absolute one as well.

    Raises:
        DefinitionError: A value is not valid.
    """

    metric: str = "*"
    """The metrics: a name as in records, such as `r2-score`, or a pattern with `*`, `?` and `[…]`; `_` counts
    as `-`. The first rule that fits a score decides about it."""
    better: Direction | None = None
    """Which values are better, `higher` or `lower`; required for metrics that scikit-learn does not have."""
    absolute: float = 0.0
    """By how much the score may be worse."""
    relative: float = 0.0
    """By which share of the baseline it may be worse: 0.05 is 5 %."""
    by: Literal["mean", "fold", "both"] = "both"
    """Whether the mean over the folds is checked, each fold, or both."""
    tags: bool = False
    """Whether the scores of single tags are checked, besides that of all tags."""
    ignore: bool = False
    """Whether the metric is not checked at all."""

    def __post_init__(self) -> None:
        faults = [
            Fault(field.name, f"{misfit.must}, but is {misfit.value!r}")
            for field in dataclasses.fields(self)
            for misfit in fit(field.type, getattr(self, field.name))[1]
        ]
        if faults := faults or [*self._contradictions()]:
            raise DefinitionError("the rule is not valid", faults)

    def _contradictions(self) -> Iterator[Fault]:
        if not self.metric:
            yield Fault("metric", "is empty; give a metric, or '*' for all")
        for name in ("absolute", "relative"):
            tolerance = getattr(self, name)
            if not 0 <= tolerance < math.inf:
                yield Fault(name, f"must be a finite number from 0 on, but is {tolerance}")
            elif self.ignore and tolerance:
                yield Fault(name, "has no effect beside ignore; remove one of them")

    @property
    def is_pattern(self) -> bool:
        """Whether it may fit several metrics."""
        return any(mark in self.metric for mark in "*?[")

    def fits(self, metric: str) -> bool:
        """Return whether the rule is about a metric."""
        return fnmatchcase(metric_name(metric), metric_name(self.metric))

    def direction(self, metric: str) -> Direction | None:
        """Return which values of a metric are better; None where neither the rule nor scikit-learn knows."""
        return self.better or better(metric)

    def allowed(self, baseline: float) -> float:
        """Return by how much a score may be worse than a baseline."""
        share = self.relative * abs(baseline) if math.isfinite(baseline) else 0.0
        return max(self.absolute, share)
