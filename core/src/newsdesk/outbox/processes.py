"""Which process holds a ticket, and whether it is gone."""

import os
import secrets
from functools import lru_cache
from pathlib import Path

PROC = Path("/proc")
"""Where Linux shows its processes."""


class Processes:
    """The processes of this computer.

    A process is named by what no two of them share: the boot, the namespace of process ids (a container has
    one of its own), its id and when it started. Where the system does not show that, a process is never
    known to be gone, and its leases decide.
    """

    def own(self) -> str:
        """Give the name of this process."""
        return _own(os.getpid())

    def is_gone(self, process: str) -> bool:
        """Whether a process has certainly ended, so that nothing it began can still be written."""
        here, there = self.own().split("/"), process.split("/")
        if len(here) != len(there) or len(here) != 4:  # noqa: PLR2004  (the parts that are named above)
            return False
        if here[0] != there[0]:
            return True
        if here[1] != there[1] or not there[2].isdecimal() or here == there:
            return False
        return _has_ended(int(there[2]), there[3])


def _has_ended(pid: int, started: str) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:  # another user's
        return False
    state, begun = _status(pid)
    return begun is not None and (begun != started or state in ("Z", "X"))


def _status(pid: int) -> tuple[str, str | None]:
    """Give the state of a process and when it started, in ticks since the boot; see proc_pid_stat(5)."""
    try:
        fields = (PROC / str(pid) / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
        return fields[0], fields[19]
    except (OSError, IndexError):
        return "", None


@lru_cache(maxsize=1)
def _own(pid: int) -> str:
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        namespace = (PROC / "self/ns/pid").readlink().name
    except (OSError, UnicodeError):
        return f"{pid}-{secrets.token_hex(8)}"
    _, started = _status(pid)
    return f"{pid}-{secrets.token_hex(8)}" if started is None else f"{boot}/{namespace}/{pid}/{started}"
