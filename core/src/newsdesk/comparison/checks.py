"""Pure: the scores of one machine against those of its baseline, by the rules."""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from newsdesk.comparison.rule import Rule
from newsdesk.comparison.rules import Rules
from newsdesk.machine import MachineKey
from newsdesk.record import Score
from newsdesk.record.directions import Direction

ROUNDING = 1e-9
"""The share of the baseline by which two scores that are the same may differ: sums depend on their order."""


class GateStatus(StrEnum):
    """The result of a check."""

    PASSED = "passed"
    """The score is not worse than its rule allows."""
    WORSE = "worse"
    """The score is worse than its rule allows."""
    MISSING = "missing"
    """The candidate does not have it."""
    NO_BASELINE = "missing baseline"
    """The baseline does not have it, and the rules do not allow what is new."""
    NOT_A_NUMBER = "not a number"
    """The candidate or the baseline is NaN there."""
    UNKNOWN_DIRECTION = "unknown direction"
    """Neither a rule nor scikit-learn says which values are better."""
    ALLOWED = "allowed"
    """It is new or absent, and the rules allow that."""
    SKIPPED = "skipped"
    """No rule is about it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GateCheck:
    """One number of a machine, compared with its baseline."""

    machine: MachineKey
    """Project and name of the candidate."""
    status: GateStatus
    """The result."""
    message: str
    """The reason in one line."""
    score: str = ""
    """The score, by its name in the record; empty for a check of the machine as a whole."""
    fold: int | None = None
    """The fold; None for the mean over all folds."""
    baseline: float | None = None
    """The baseline's value; None if it has none."""
    candidate: float | None = None
    """The candidate's value; None if it has none."""
    better: Direction | None = None
    """Which values are better."""
    allowed: float | None = None
    """By how much the score may be worse."""

    @property
    def fails(self) -> bool:
        """Whether the gate fails by it: anything but passed, allowed or skipped."""
        return self.status not in (GateStatus.PASSED, GateStatus.ALLOWED, GateStatus.SKIPPED)

    @property
    def place(self) -> str:
        """What was checked: `r2-score`, `r2-score, fold 2`, or `machine`."""
        return self.score + (f", fold {self.fold}" if self.fold is not None else "") or "machine"

    def to_dict(self) -> dict[str, Any]:
        """Return the check as JSON has it."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {**values, "machine": self.machine._asdict(), "status": str(self.status)}


def checks(
    machine: MachineKey, candidate: Mapping[str, Score], baseline: Mapping[str, Score], rules: Rules
) -> Iterator[GateCheck]:
    """Yield each check of one machine; at least one.

    Args:
        machine: Project and name.
        candidate: The scores of the candidate.
        baseline: The scores of its baseline.
        rules: What to check.
    """
    names = sorted(candidate.keys() | baseline.keys(), key=lambda name: _order(name, candidate, baseline))
    pairs = [_Pair(machine, name, candidate.get(name), baseline.get(name), rules) for name in names]
    found = [check for pair in pairs for check in pair.checks()]
    metrics = {score.metric for side in (candidate, baseline) for score in side.values()}
    for rule in rules.rules:
        if not (rule.ignore or rule.is_pattern or any(map(rule.fits, metrics))):
            text = "a rule names it, and neither the candidate nor the baseline has it"
            found.append(
                GateCheck(machine=machine, score=rule.metric, status=GateStatus.MISSING, message=text)
            )
    if all(check.status is GateStatus.SKIPPED for check in found):
        text = "no rule is about one of its scores" if names else "there are no scores to compare"
        found.append(GateCheck(machine=machine, status=GateStatus.MISSING, message=text))
    yield from found


def _order(name: str, *sides: Mapping[str, Score]) -> tuple[bool, str]:
    """Sort scores of all tags first."""
    return all(side[name].tag is not None for side in sides if name in side), name


class _Pair:
    """One score of one machine, and its baseline."""

    def __init__(
        self, machine: MachineKey, name: str, candidate: Score | None, baseline: Score | None, rules: Rules
    ) -> None:
        self._machine, self._name, self._rules = machine, name, rules
        self._candidate, self._baseline = candidate, baseline
        # A score of a tag is known as such beside that of all tags alone, which the candidate may lack.
        self._metric, self._tag = next((s.metric, s.tag) for s in (baseline, candidate) if s is not None)
        self._rule = rules.rule_for(self._metric, of_tag=self._tag is not None)
        self._better = None if self._rule is None else self._rule.direction(self._metric)

    def checks(self) -> Iterator[GateCheck]:
        rule = self._rule
        if rule is None and self._tag is None:
            yield self._check(GateStatus.SKIPPED, "no rule is about it")
        if rule is None or rule.ignore:
            return
        if self._better is None:
            text = (
                f"no rule says which values of {self._metric!r} are better; add one with 'better' or 'ignore'"
            )
            yield self._check(GateStatus.UNKNOWN_DIRECTION, text)
        elif self._candidate is None:
            yield self._check(GateStatus.MISSING, "the candidate does not have this score")
        elif self._baseline is None:
            yield self._new("the baseline does not have this score")
        else:
            yield from self._numbers(rule, self._candidate, self._baseline)

    def _numbers(self, rule: Rule, candidate: Score, baseline: Score) -> Iterator[GateCheck]:
        if rule.by != "fold":
            yield self._compared(rule, None, baseline.mean, candidate.mean)
        folds = {fold for score in (candidate, baseline) for fold in (*score.folds, *score.gaps)}
        if rule.by == "fold" and not folds:
            yield self._check(GateStatus.MISSING, "there are no folds, and the rule compares each fold")
        for fold in sorted(folds):
            # One that is gone is missing from the mean as well; a new one matters where folds are compared.
            if rule.by != "mean" or fold not in candidate.folds:
                yield self._compared(rule, fold, baseline.folds.get(fold), candidate.folds.get(fold))

    def _compared(
        self, rule: Rule, fold: int | None, baseline: float | None, candidate: float | None
    ) -> GateCheck:
        what = "this score's mean" if fold is None else "this fold"
        if candidate is None:
            text = f"the candidate does not have {what}"
            return self._check(GateStatus.MISSING, text, fold=fold, baseline=baseline)
        if baseline is None:
            return self._new(f"the baseline does not have {what}", fold=fold, candidate=candidate)
        allowed = rule.allowed(baseline)
        known = {"fold": fold, "baseline": baseline, "candidate": candidate, "allowed": allowed}
        if math.isnan(candidate) or math.isnan(baseline):
            sides = {"the candidate": candidate, "the baseline": baseline}
            names = " and ".join(name for name, value in sides.items() if math.isnan(value))
            return self._check(GateStatus.NOT_A_NUMBER, f"NaN in {names}", **known)
        worse = _worse(baseline, candidate, self._better)
        status = GateStatus.PASSED if worse <= allowed + _rounding(baseline) else GateStatus.WORSE
        return self._check(status, _message(baseline, candidate, worse, allowed), **known)

    def _new(self, text: str, **known: Any) -> GateCheck:
        if self._rules.new == "allowed":
            return self._check(GateStatus.ALLOWED, text, **known)
        return self._check(GateStatus.NO_BASELINE, text, **known)

    def _check(self, status: GateStatus, message: str, **known: Any) -> GateCheck:
        return GateCheck(
            machine=self._machine,
            score=self._name,
            better=self._better,
            status=status,
            message=message,
            **known,
        )


def _worse(baseline: float, candidate: float, better: Direction | None) -> float:
    """Return by how much a candidate is worse; negative where it is better."""
    if candidate == baseline:  # also two infinities, whose difference is not a number
        return 0.0
    return baseline - candidate if better == "higher" else candidate - baseline


def _rounding(baseline: float) -> float:
    return ROUNDING * abs(baseline) if math.isfinite(baseline) else 0.0


def _message(baseline: float, candidate: float, worse: float, allowed: float) -> str:
    change = f"{shown(baseline)} -> {shown(candidate)}"
    if worse <= 0:
        return f"{change}, {'the same' if worse == 0 else f'better by {shown(-worse)}'}"
    return f"{change}, worse by {shown(worse)}; allowed: {shown(allowed)}"


def shown(number: float) -> str:
    """Write a number for people: with six digits."""
    return f"{number:.6g}"
