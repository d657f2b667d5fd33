"""A config as it is in one of its environments, and where each of its values is from."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from newsdesk.config.document import Document
from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.exceptions import DefinitionError, Fault

KEY = "environments"
"""The key of the config that holds them."""

_REPORTER = re.compile(r"\Areporters\.\d+")
"""The place of another reporter, with which a message begins."""
_UNKNOWN = re.compile(r"there is no reporter '(.+?)'")


@dataclass(frozen=True)
class Effective:
    """A document with one of its environments laid over its base."""

    document: Document
    """The document."""
    env: str | None
    """The environment; None for the base alone."""
    value: Any
    """The whole, its `environments` as they are."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """See `newsdesk.config.environments.Laid`."""
    faults: Sequence[Fault] = ()
    """What is wrong with the document and its environment as such, by their places in the document."""

    @classmethod
    def of(cls, document: Document, env: str | None = None, *, option: str = "--env") -> "Effective":
        """Choose an environment of a document.

        Args:
            document: The document.
            env: The environment; None for the base alone.
            option: What chose it, for messages: an option, or an environment variable.

        Raises:
            DefinitionError: it has no such environment.
        """
        value = {} if document.value is None else document.value
        if env is None:
            return cls(document, None, value, faults=document.faults)
        base = dict(value) if isinstance(value, Mapping) else {}
        sections = base.pop(KEY, None)
        if not isinstance(sections, Mapping) or env not in sections:
            raise _missing(document, env, option)
        from newsdesk.config.environments import laid  # noqa: PLC0415  (only for those who have them)

        at = f"{KEY}.{env}"
        section = sections[env] if isinstance(sections[env], Mapping) else {}
        whole, origins, faults = laid(base, section, at)
        if KEY in section:
            faults = [*faults, Fault(f"{at}.{KEY}", "an environment cannot have environments")]
        return cls(
            document, env, {**whole, KEY: sections}, {**origins, KEY: KEY}, [*document.faults, *faults]
        )

    def origin(self, path: str) -> str:
        """Give where in the document a value of the whole is, or would be."""
        outer = path
        while outer and outer not in self.origins:
            outer = outer.rpartition(".")[0]
        return f"{self.origins.get(outer, '')}.{path[len(outer) :].removeprefix('.')}".strip(".")

    def error(self, faults: Iterable[Fault]) -> DefinitionError:
        """Give the error of a config with faults in the whole, each with its line."""
        placed = [
            Fault(
                self.origin(path),
                _REPORTER.sub(lambda match: self.origin(match[0]), message) + self._label_meant(message),
            )
            for path, message in faults
        ]
        message = f"the config {self.document.name!r} cannot be used{self.where}"
        return DefinitionError(message, self.document.located([*self.faults, *placed]))

    def _label_meant(self, message: str) -> str:
        """Say what to write, where an environment has a label of the base in place of a reporter's name."""
        unknown = _UNKNOWN.match(message)
        if unknown is None or self.env is None:
            return ""
        from newsdesk.config.environments import targets  # noqa: PLC0415  (only for those who have them)

        label = unknown[1]
        target = targets(self.document.value.get("reporters")).get(label)
        if target is None:
            return ""
        return f"; {label!r} is a label of the base: write {target!r}, with 'label: {label}' beside it"

    @property
    def where(self) -> str:
        """Which environment it is, for messages; empty if there are none."""
        if self.env is not None:
            return f" in the environment {self.env!r}"
        known = names(self.document)
        return f" without an environment (it has {listed(known)})" if known else ""


def names(document: Document) -> list[str]:
    """Give the names of the environments of a document."""
    sections = document.value.get(KEY) if isinstance(document.value, Mapping) else None
    return [name for name in sections if isinstance(name, str)] if isinstance(sections, Mapping) else []


def _missing(document: Document, env: str, option: str) -> DefinitionError:
    """Give the error of a document without an environment: what is wrong with its section, if anything is."""
    from newsdesk.config.model import ConfigModel  # noqa: PLC0415  (for a mistake alone)
    from newsdesk.config.section import read  # noqa: PLC0415  (the same)

    text = f"the config {document.name!r} has no environment {env!r}"
    if option != "--env":
        text += f" of {option}"
    _, faults = read(ConfigModel, {} if document.value is None else document.value)
    hint = did_you_mean(KEY, [KEY])
    known = names(document)
    places = ("", KEY, f"{KEY}.{env}")
    causes = [
        fault
        for fault in (*document.faults, *faults)
        if fault.path in places or hint in fault.message or (not known and fault.path.startswith(f"{KEY}."))
    ]
    if causes:
        return DefinitionError(text, document.located(causes))
    if known:
        change = "" if option == "--env" else f"; change {option}"
        return DefinitionError(f"{text}{did_you_mean(env, known)}; there are: {listed(known)}{change}")
    remedy = "leave out --env" if option == "--env" else f"unset {option}"
    return DefinitionError(f"{text}; without {KEY!r} in it, {remedy}")
