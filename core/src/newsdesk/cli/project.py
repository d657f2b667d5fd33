"""Pure: the names of a plugin's project, all made of its reporter's name."""

import re
from dataclasses import dataclass
from typing import Any, Self

from newsdesk.contract.reporter import BaseReporter

MAX_LENGTH = 35
"""Characters of a name: so that no line of the project gets longer than its linter allows."""

_PREFIX = "newsdesk-"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Project:
    """A project that offers one reporter."""

    name: str
    """What a config calls the reporter."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Give the project for a reporter's or a distribution's name: `slack`, or `newsdesk-slack`.

        Raises:
            ValueError: why no project can be called so, and what to call it.
        """
        project = cls(text.removeprefix(_PREFIX))
        _check(project, text)
        return project

    @property
    def distribution(self) -> str:
        """What pip installs, and the folder that the project is in."""
        return f"{_PREFIX}{self.name}"

    @property
    def package(self) -> str:
        """What Python imports."""
        return self.distribution.replace("-", "_")

    @property
    def reporter(self) -> str:
        """The name of the class."""
        return "".join(part.capitalize() for part in self.name.split("-")) + "Reporter"

    def answers(self, version: str, api_version: int) -> dict[str, Any]:
        """Give what the template asks for.

        Args:
            version: Of newsdesk, which the project is made with.
            api_version: Of newsdesk's contract.
        """
        names = {key: getattr(self, key) for key in ("name", "distribution", "package", "reporter")}
        return {**names, "newsdesk": compatible(version), "api_version": api_version}


def compatible(version: str) -> str:
    """Give the versions of newsdesk that promise to run what was written for one of them."""
    major, minor = map(int, version.split(".")[:2])
    return f">={version},<{f'0.{minor + 1}' if major == 0 else major + 1}"


def _check(project: Project, text: str) -> None:
    if not _NAME.fullmatch(project.name):
        near = "-".join(re.findall(r"[a-z0-9]+", project.name.lower())).lstrip("0123456789-")
        raise ValueError(
            f"{text!r} cannot be a reporter's name: give lower-case letters, digits and single '-', with a "
            f"letter first, such as {near or 'slack'!r}"
        )
    if len(project.name) > MAX_LENGTH:
        raise ValueError(
            f"{text!r} has {len(project.name)} characters, and a reporter's name may have {MAX_LENGTH}: "
            "give a shorter one"
        )
    if project.reporter == BaseReporter.__name__:
        raise ValueError(
            f"the class for {text!r} would be {project.reporter}, which is a name of newsdesk's own: give "
            "another name"
        )
