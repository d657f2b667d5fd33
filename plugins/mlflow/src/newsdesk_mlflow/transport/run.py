"""What is known of a run, and of the experiment that it is in."""

import os
import time
from collections.abc import Collection, Mapping
from typing import NamedTuple

from newsdesk_mlflow.mapping.items import Tag
from newsdesk_mlflow.mapping.tags import TIMESTAMP


def now() -> int:
    """Give the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def user_name() -> str:
    """Give the name of who reports, as MLflow's own client has it; `unknown` in a container without users."""
    # As `getpass.getuser` does, which imports what asks for a password at a terminal.
    named = (os.environ.get(name) for name in ("LOGNAME", "USER", "LNAME", "USERNAME"))
    return next(filter(None, named), None) or _account()


def _account() -> str:
    try:
        import pwd  # noqa: PLC0415  (Windows has none)

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return "unknown"


class Run(NamedTuple):
    """What is known of one run."""

    id: str
    experiment_id: str
    status: str
    start_time: int
    """Milliseconds since 1970: when the build began, or the report."""
    artifact_uri: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    deleted: bool = False
    """Whether it was discarded; it can be restored."""

    @property
    def finished(self) -> bool:
        """Whether all was written: a run is finished as the last thing of all."""
        return self.status == "FINISHED"

    @property
    def timestamp(self) -> int:
        """When it was reported, and the time of all its metrics, in milliseconds since 1970."""
        text = self.tags.get(TIMESTAMP, "")
        return int(text) if text.isascii() and text.isdigit() else self.start_time

    def carries(self, tags: Collection[Tag]) -> bool:
        """Whether it has all these tags: some stores compare without regard to case."""
        return all(self.tags.get(tag.key) == tag.value for tag in tags)

    @property
    def precedence(self) -> tuple[bool, int, str]:
        """What orders runs of the same content: everybody who looks keeps the same one, the first."""
        # Not by its start, which is that of the build: the first one to be reported is kept by all.
        return (not self.finished, self.timestamp, self.id)


class Experiment(NamedTuple):
    """What is known of one experiment."""

    id: str
    name: str = ""
    artifact_root: str = ""
    """Where its artifacts go; empty if unknown."""
    deleted: bool = False
    """Whether it was deleted; it can be restored."""
    is_new: bool = False
    """Whether it was made just now, so that it can hold no run that began before."""
