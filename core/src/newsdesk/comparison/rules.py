"""All rules of a gate, and the file that they are read from."""

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from newsdesk.comparison.rule import Rule
from newsdesk.contract.suggestions import listed
from newsdesk.exceptions import DefinitionError, Fault

Answer = Literal["refused", "allowed"]
"""Whether something may be."""


@dataclasses.dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a gate.

    Without any, nothing may get worse: no score of all tags, neither in its mean nor in one of its folds.

    Raises:
        DefinitionError: There are no rules, or one never decides.
    """

    rules: tuple[Rule, ...] = (Rule(),)
    """The rules; the first that fits a score decides about it."""
    new: Answer = "refused"
    """Whether there may be machines, scores and folds that the baseline does not have."""
    absent: Answer = "refused"
    """Whether there may be machines in the baseline that are not among the candidates."""

    def __post_init__(self) -> None:
        if faults := [*self._faults()]:
            raise DefinitionError("the rules cannot be used", faults)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "Rules":
        """Read rules from a file, YAML or JSON.

        Raises:
            DefinitionError: It cannot be read, or has errors; all at once, with their lines.
        """
        name = os.fspath(path)
        try:
            return cls.from_yaml(Path(path).read_text(encoding="utf-8"), name=name)
        except UnicodeDecodeError as error:
            place = f"{error.reason} at byte {error.start}"
            raise DefinitionError(f"cannot read the rules {name!r}: {place}; save it as UTF-8") from error
        except OSError as error:
            raise DefinitionError(f"cannot read the rules {name!r}: {error.strerror}") from error

    @classmethod
    def from_yaml(cls, text: str, *, name: str = "rules") -> "Rules":
        """Read rules from text; `name` is its name in messages."""
        from newsdesk.config.document import Document  # noqa: PLC0415  (for those who write a file)

        document = Document.of(text, name)
        found, faults = _read(document.value)
        faults = [*document.faults, *faults]
        if not faults:
            try:
                return cls(**found)
            except DefinitionError as error:
                faults = [*error.faults]
        raise DefinitionError(f"the rules {name!r} cannot be used", document.located(faults))

    @classmethod
    def of(cls, rules: "Rules | Iterable[Rule] | None") -> "Rules":
        """Return rules as such; for None, those that hold without any."""
        if isinstance(rules, Rules):
            return rules
        return cls() if rules is None else cls(tuple(rules))

    def rule_for(self, metric: str, *, of_tag: bool) -> Rule | None:
        """Return the rule that decides about a score, if one does."""
        return next((r for r in self.rules if r.fits(metric) and (r.tags or r.ignore or not of_tag)), None)

    def _faults(self) -> Iterator[Fault]:
        if not self.rules:
            yield Fault("rules", "is empty; give a rule, or leave it out for the default")
        others = [index for index, rule in enumerate(self.rules) if not isinstance(rule, Rule)]
        for index in others:
            yield Fault(
                f"rules.{index}", f"must be a Rule, but is of type {type(self.rules[index]).__name__}"
            )
        for index, rule in enumerate(() if others else self.rules):
            for before, other in enumerate(self.rules[:index]):
                if other.metric in ("*", rule.metric) and (other.tags or other.ignore or not rule.tags):
                    text = f"never decides, as rules.{before} fits the same scores; put that one last"
                    yield Fault(f"rules.{index}", text)
                    break


@dataclasses.dataclass(frozen=True)
class _File:
    """The keys of a file."""

    rules: list[Any] | None = None
    new: Answer = "refused"
    absent: Answer = "refused"


def _read(value: Any) -> tuple[dict[str, Any], list[Fault]]:
    """Return what a file says, and what is wrong in it."""
    from newsdesk.config.section import read  # noqa: PLC0415  (the same)

    if not isinstance(value, Mapping):
        keys = listed(field.name for field in dataclasses.fields(_File))
        return {}, [Fault("", f"the file must be a mapping with the keys {keys}")]
    file, faults = read(_File, value)
    entries = value.get("rules")
    rules: list[Rule | None] = []
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        path = f"rules.{index}"
        try:
            rule, wrong = read(Rule, entry, path)
        except DefinitionError as error:
            rule, wrong = None, [fault._replace(path=f"{path}.{fault.path}") for fault in error.faults]
        rules.append(rule)
        faults += wrong
    if faults or file is None:
        return {}, faults
    given = {"rules": tuple(rules)} if "rules" in value else {}
    return {**given, "new": file.new, "absent": file.absent}, []
