"""Account: the system user that a private PostgreSQL runs as."""

import contextlib
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from newsdesk_postgres.errors import PermanentPostgresError

UNPRIVILEGED = "nobody"
"""The user that root runs the server as: PostgreSQL refuses to run as root."""


@dataclass(frozen=True, slots=True)
class Account:
    """A system user, ours or another."""

    name: str | None
    """Its name; None where the system knows only its number, as with the random users of OpenShift."""
    uid: int
    """Its number."""
    gid: int
    """Its group's number."""
    switch: bool
    """Whether programs must be started as this user."""

    @classmethod
    def for_data(cls, data: Path) -> Self:
        """Give the user that may run a server on `data`: its owner, if it exists; never root.

        Raises:
            PermanentPostgresError: the folder is another user's and we are not root, or there is nobody to
                switch to.
        """
        found = data.stat() if data.exists() else None
        if os.geteuid() == 0:
            if found is None or found.st_uid == 0:
                entry = _unprivileged()
                return cls(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
            return cls(_name(found.st_uid), found.st_uid, found.st_gid, switch=True)
        if found is not None and found.st_uid not in (0, os.geteuid()):
            raise PermanentPostgresError(
                f"the data in {data} belong to user number {found.st_uid}, and this is user number "
                f"{os.geteuid()}: run as that user or as root, or give another folder"
            )
        return cls(_name(os.geteuid()), os.geteuid(), os.getegid(), switch=False)

    def __str__(self) -> str:
        return f"user number {self.uid}" if self.name is None else f"user {self.name!r}"

    def own(self, path: Path) -> None:
        """Hand a file or folder to this user."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def run(self, *command: str | Path, pass_fds: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run a program as this user, without our environment, and give what it printed."""
        who: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}
        return subprocess.run(  # noqa: S603  (the programs are PostgreSQL's own, the arguments ours)
            [str(part) for part in command],
            # None of our PG* variables, nor our locale, may reach the server.
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            cwd="/",  # this user may not be able to enter ours
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            pass_fds=pass_fds,
            **who,
        )

    @contextlib.contextmanager
    def reach(self, path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Give a path that this user can open, and the file descriptors to pass along for it.

        A folder below, say, `/root` cannot be entered by anybody else. Its open descriptor can:
        `/proc/self/fd/N` leads to it from within each process that inherited it, and no right of a parent
        folder is asked for or changed.
        """
        if not (self.switch and sys.platform == "linux"):
            yield str(path), ()
            return
        descriptor = os.open(path, os.O_RDONLY)
        try:
            yield f"/proc/self/fd/{descriptor}", (descriptor,)
        finally:
            os.close(descriptor)


def _name(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def _unprivileged() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise PermanentPostgresError(
            f"PostgreSQL does not run as root, and this system has no user {UNPRIVILEGED!r} to run it as: "
            "run as a normal user, or make one and let it own the folder 'data'"
        ) from None
