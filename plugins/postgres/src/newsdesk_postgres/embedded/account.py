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
"""The user that root runs the server as, since PostgreSQL refuses to run as root."""


@dataclass(frozen=True, slots=True)
class Account:
    """A system user: this process's, or another."""

    name: str | None
    """Its name; None if it has only a number, like the arbitrary users of OpenShift."""
    uid: int
    """Its uid."""
    gid: int
    """Its gid."""
    switch: bool
    """Whether programs must be started as this user."""

    @classmethod
    def for_data(cls, data: Path) -> Self:
        """Return the user to run a server on `data` as: its owner, if it exists; never root.

        Raises:
            PermanentPostgresError: the folder belongs to another user and this process is not root, or there
                is no unprivileged user.
        """
        found = data.stat() if data.exists() else None
        if os.geteuid() == 0:
            if found is None or found.st_uid == 0:
                entry = _unprivileged()
                return cls(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
            return cls(_name(found.st_uid), found.st_uid, found.st_gid, switch=True)
        if found is not None and found.st_uid not in (0, os.geteuid()):
            raise PermanentPostgresError(
                f"{data} belongs to user number {found.st_uid}, and this is user number {os.geteuid()}: "
                "run as that user or as root, or use another folder"
            )
        return cls(_name(os.geteuid()), os.geteuid(), os.getegid(), switch=False)

    def __str__(self) -> str:
        return f"user number {self.uid}" if self.name is None else f"user {self.name!r}"

    def own(self, path: Path) -> None:
        """Make this user the owner of a file or folder."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def run(self, *command: str | Path, pass_fds: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run a program as this user, without this process's environment, and return its output."""
        who: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}
        return subprocess.run(  # noqa: S603  (PostgreSQL's binaries, with fixed arguments)
            [str(part) for part in command],
            # Without the PG* variables and the locale of this process.
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            cwd="/",  # this user may not have access to the current folder
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
        """Return a path that this user can open, and the file descriptors to pass for it.

        Other users cannot enter a folder below, say, `/root`. But `/proc/self/fd/N` leads to it in every
        process that inherits its open descriptor, without changing permissions of parent folders.
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
            f"PostgreSQL does not run as root, and this system has no user {UNPRIVILEGED!r}: run as another "
            "user, or let one own the folder 'data'"
        ) from None
