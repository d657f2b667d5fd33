"""Whether machines got worse than their baselines."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Self

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
    same: tuple[MachineKey, ...] = ()
    """The candidates that are their own baseline, in the same revision: reported before the gate."""

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
        same = [{"project_name": key.project_name, "name": key.name} for key in self.same]
        result = {"passed": self.passed, "counts": counts, "checks": listed, "same": same}
        plain, _ = canonical.plain(result)
        return plain  # type: ignore[no-any-return]  # a dict in, a dict out


def gate(candidates: Any, baselines: Any, rules: Rules | Iterable[Rule] | None = None) -> GateResult:
    """GateCheck that no score got worse than a rule allows.

    A machine is compared with the baseline of its project and name; a single machine with a single baseline,
    whatever their names. What is missing is never passed: a metric, a fold or a machine that the candidates
    lack, and unless the rules allow it, one that the baseline lacks. Nor is NaN, on either side.

    Args:
        candidates: A machine, a mapping, an object with a `to_dict()`, or an iterable of such.
        baselines: What to compare them with, likewise; of many, only the scores are kept in memory. Or a
            function that returns the baseline of a `MachineKey`, or None.
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
        found = checks(candidate.key, scores(candidate), scores(baseline), known)
        is_same = _revision(candidate) == _revision(baseline)
        return GateResult(tuple(found), (candidate.key,) if is_same else ())
    same: list[MachineKey] = []
    found = _checked(_each(candidates), _Baselines(baselines), known, same)
    return GateResult(tuple(found), tuple(same))


def _checked(
    candidates: Iterator[Machine], baselines: "_Baselines", rules: Rules, same: list[MachineKey]
) -> Iterator[GateCheck]:
    seen: set[MachineKey] = set()
    for candidate in candidates:
        if candidate.key in seen:
            raise MachineError(f"two candidates are {candidate.key}; give one")
        seen.add(candidate.key)
        baseline = baselines.of(candidate.key)
        if baseline is not None:
            same += [candidate.key] if baseline.revision == _revision(candidate) else []
            yield from checks(candidate.key, scores(candidate), baseline.scores, rules)
        else:
            status = GateStatus.ALLOWED if rules.new == "allowed" else GateStatus.NO_BASELINE
            yield GateCheck(machine=candidate.key, status=status, message="the machine has no baseline")
    if not seen:
        raise MachineError("there are no candidates; give at least one machine")
    status = GateStatus.ALLOWED if rules.absent == "allowed" else GateStatus.MISSING
    for key in baselines.left:
        yield GateCheck(
            machine=key, status=status, message="the baseline's machine is not among the candidates"
        )


class _Baseline(NamedTuple):
    """What is kept of a baseline."""

    revision: str
    scores: Mapping[str, Score]

    @classmethod
    def of(cls, machine: Machine) -> Self:
        return cls(_revision(machine), scores(machine))


class _Baselines:
    """What is kept of each baseline."""

    def __init__(self, given: Any) -> None:
        self._find = given if callable(given) and not _is_one(given) else None
        self.left: dict[MachineKey, _Baseline] = {}
        """Those that no candidate was compared with."""
        for baseline in () if self._find is not None else _each(given):
            if baseline.key in self.left:
                raise MachineError(f"two baselines are {baseline.key}; give one")
            self.left[baseline.key] = _Baseline.of(baseline)

    def of(self, key: MachineKey) -> _Baseline | None:
        if self._find is None:
            return self.left.pop(key, None)
        found = self._find(key)
        return None if found is None else _Baseline.of(Machine.of(found))


def _revision(machine: Machine) -> str:
    """Return the revision as a backend has it: without the secrets of the machine's own reporters."""
    return machine.redacted().revision


def _is_one(given: Any) -> bool:
    return isinstance(given, Machine | Mapping) or callable(getattr(given, "to_dict", None))


def _each(given: Any) -> Iterator[Machine]:
    return map(Machine.of, [given] if _is_one(given) else given)
