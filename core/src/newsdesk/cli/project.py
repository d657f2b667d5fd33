"""Pure: the names in a plugin project, all derived from its reporter's name."""

import re
from dataclasses import dataclass
from typing import Any, Self

from newsdesk.contract.reporter import BaseReporter

MAX_LENGTH = 35
"""Characters of a name: more would make lines longer than the project's linter allows."""

_PREFIX = "newsdesk-"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Project:
    """A project of one reporter."""

    name: str
    """The reporter's name in a config."""
    http: bool = False
    """Whether its backend speaks HTTP."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Give the project for a reporter's or a distribution's name: `slack`, or `newsdesk-slack`.

        Raises:
            ValueError: the name is not valid; with a suggestion.
        """
        project = cls(text.removeprefix(_PREFIX))
        _check(project, text)
        return project

    @property
    def distribution(self) -> str:
        """The name of the distribution, and of the project's folder."""
        return f"{_PREFIX}{self.name}"

    @property
    def package(self) -> str:
        """The name of the package."""
        return self.distribution.replace("-", "_")

    @property
    def server(self) -> str:
        """The name of its server for tests, a part of a fixture's."""
        return self.name.replace("-", "_")

    @property
    def reporter(self) -> str:
        """The name of the reporter class."""
        return "".join(part.capitalize() for part in self.name.split("-")) + "Reporter"

    def answers(self, version: str, api_version: int) -> dict[str, Any]:
        """Give the answers to the template's questions.

        Args:
            version: The installed version of newsdesk.
            api_version: The version of newsdesk's contract.
        """
        names = {key: getattr(self, key) for key in ("name", "distribution", "package", "server", "reporter")}
        return {**names, "http": self.http, "newsdesk": compatible(version), "api_version": api_version}


def compatible(version: str) -> str:
    """Give the versions of newsdesk that are compatible with one of them."""
    major, minor = map(int, version.split(".")[:2])
    return f">={version},<{f'0.{minor + 1}' if major == 0 else major + 1}"


def _check(project: Project, text: str) -> None:
    if not _NAME.fullmatch(project.name):
        near = "-".join(re.findall(r"[a-z0-9]+", project.name.lower())).lstrip("0123456789-")
        raise ValueError(
            f"{text!r} is not a valid reporter name; use lower-case letters, digits and single '-', a letter "
            f"first, such as {near or 'slack'!r}"
        )
    if len(project.name) > MAX_LENGTH:
        raise ValueError(
            f"{text!r} has {len(project.name)} characters; a reporter's name has at most {MAX_LENGTH}"
        )
    if project.reporter == BaseReporter.__name__:
        raise ValueError(
            f"the class for {text!r} would be {project.reporter}, which is newsdesk's; give another name"
        )
