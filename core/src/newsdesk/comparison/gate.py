"""Whether machines got worse than their baselines."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from newsdesk import canonical
from newsdesk.comparison.checks import GateCheck, GateStatus, checks
from newsdesk.comparison.rule import Rule
from newsdesk.comparison.rules import Rules
from newsdesk.exceptions import MachineError
from newsdesk.machine import Machine, MachineKey
from newsdesk.record import Score, scores


@dataclasses.dataclass(frozen=True, slots=True)
class GateResult:
    """The checks of a gate; true if it passed."""

    checks: tuple[GateCheck, ...]
    """Every check, machine by machine in the order of the candidates."""

    @property
    def passed(self) -> bool:
        """Whether no check fails; there is at least one."""
        return not self.failures

    @property
    def failures(self) -> tuple[GateCheck, ...]:
        """The checks that fail."""
        return tuple(check for check in self.checks if check.fails)

    @property
    def counts(self) -> dict[GateStatus, int]:
        """How many checks have which status."""
        found = Counter(check.status for check in self.checks)
        return {status: found[status] for status in GateStatus if status in found}

    def __bool__(self) -> bool:
        return self.passed

    def to_dict(self) -> dict[str, Any]:
        """Return the result as `newsdesk gate --json` prints it."""
        counts = {str(status): count for status, count in self.counts.items()}
        listed = [check.to_dict() for check in self.checks]
        plain, _ = canonical.plain({"passed": self.passed, "counts": counts, "checks": listed})
        return plain  # type: ignore[no-any-return]  # a dict in, a dict out


def gate(candidates: Any, baselines: Any, rules: Rules | Iterable[Rule] | None = None) -> GateResult:
    """GateCheck that no score got worse than a rule allows.

    A machine is compared with the baseline of its project and name; a single machine with a single baseline,
    whatever their names. What is missing is never passed: a metric, a fold or a machine that the candidates
    lack, and unless the rules allow it, one that the baseline lacks. Nor is NaN, on either side.

    Args:
        candidates: A machine, a mapping, an object with a `to_dict()`, or an iterable of such.
        baselines: What to compare them with, likewise; of many, only the scores are kept in memory.
        rules: What to check; by default that nothing gets worse, see `Rules`.

    Raises:
        MachineError: There is no candidate, one of them is not a valid machine, or two have the same project
            and name.
        DefinitionError: The rules cannot be used.

    Example:
        >>> import newsdesk
        >>> scores = {"r2-score": {"fold-mean": 0.8, "fold-1": 0.9, "fold-2": 0.7}}
        >>> build = {"model": {"cross_validation": {"scores": scores}}}
        >>> machine = {"name": "pump-7", "metadata": {"build_metadata": build}}
        >>> newsdesk.gate(machine, machine).passed
        True
    """
    known = Rules.of(rules)
    if _is_one(candidates) and _is_one(baselines):
        candidate, baseline = Machine.of(candidates), Machine.of(baselines)
        return GateResult(tuple(checks(candidate.key, scores(candidate), scores(baseline), known)))
    return GateResult(tuple(_checked(_each(candidates), _each(baselines), known)))


def _checked(
    candidates: Iterator[Machine], baselines: Iterator[Machine], rules: Rules
) -> Iterator[GateCheck]:
    left: dict[MachineKey, Mapping[str, Score]] = {}
    for baseline in baselines:
        if baseline.key in left:
            raise MachineError(f"two baselines are {baseline.key}; give one")
        left[baseline.key] = scores(baseline)
    seen: set[MachineKey] = set()
    for candidate in candidates:
        if candidate.key in seen:
            raise MachineError(f"two candidates are {candidate.key}; give one")
        seen.add(candidate.key)
        found = left.pop(candidate.key, None)
        if found is not None:
            yield from checks(candidate.key, scores(candidate), found, rules)
        elif rules.new == "allowed":
            yield GateCheck(machine=candidate.key, status=GateStatus.ALLOWED, message=_NO_BASELINE)
        else:
            yield GateCheck(machine=candidate.key, status=GateStatus.NO_BASELINE, message=_NO_BASELINE)
    if not seen:
        raise MachineError("there are no candidates; give at least one machine")
    status = GateStatus.ALLOWED if rules.absent == "allowed" else GateStatus.MISSING
    for key in left:
        yield GateCheck(machine=key, status=status, message=_ABSENT)


def _is_one(given: Any) -> bool:
    return isinstance(given, Machine | Mapping) or callable(getattr(given, "to_dict", None))


def _each(given: Any) -> Iterator[Machine]:
    return map(Machine.of, [given] if _is_one(given) else given)


_NO_BASELINE = "there is no baseline for this machine"
_ABSENT = "the machine is in the baseline, and not among the candidates"
