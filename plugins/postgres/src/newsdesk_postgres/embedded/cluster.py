"""Cluster: a data folder, created, started and stopped with PostgreSQL's binaries."""

import re
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from newsdesk_postgres.embedded.account import Account
from newsdesk_postgres.embedded.binaries import Binaries
from newsdesk_postgres.errors import PermanentPostgresError, TransientPostgresError

HOST = "127.0.0.1"
"""The only address a private server listens on."""
SUPERUSER = "postgres"
"""The user of a private server."""
TIMEOUT = 60
"""Seconds that a server may take to start or to stop."""

# The first two corrupt data in a power loss; with the third, the last commits are only in memory.
_NOT_DURABLE = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"
_STATUS_RUNNING = 0  # of `pg_ctl status`
_PORT_ATTEMPTS = 3
_LOG = "server.log"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder, which may not exist yet."""

    data: Path
    """The folder."""
    account: Account
    """The user to run the server as."""
    binaries: Binaries
    """The binaries to use."""

    def create(self, password_file: Path, *, durable: bool) -> None:
        """Create the data folder, atomically; every connection needs the password.

        Raises:
            PermanentPostgresError: `initdb` failed, or cannot work for this user.
        """
        if self.account.name is None:
            raise PermanentPostgresError(
                f"a private PostgreSQL cannot be created by the {self.account}: initdb needs a user name, "
                "and /etc/passwd has none for it. Add one there (OpenShift: see nss_wrapper), create "
                "the folder as a named user, or use a server, with 'host' or 'url'"
            )
        fresh = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)  # left behind by a killed process
        fresh.mkdir(mode=0o700)
        self.account.own(fresh)
        with ExitStack() as stack:
            folder, folder_fds = stack.enter_context(self.account.reach(fresh))
            password, password_fds = stack.enter_context(self.account.reach(password_file))
            done = self.account.run(
                *(self.binaries["initdb"], "-D", folder, "-U", SUPERUSER, "-E", "UTF8", "--no-locale"),
                *("-A", "scram-sha-256", f"--pwfile={password}"),
                *(() if durable else ("--no-sync",)),
                pass_fds=folder_fds + password_fds,
            )
        if done.returncode:
            raise PermanentPostgresError(f"initdb could not create {self.data}: {_tail(done.stderr)}")
        fresh.rename(self.data)

    def start(self, *, durable: bool) -> None:
        """Start the server on a free port, and wait until it accepts connections.

        Raises:
            TransientPostgresError: it did not start; the message has the end of its log.
        """
        for attempt in range(_PORT_ATTEMPTS):
            known = self._log_size()
            done = self._pg_ctl(
                *("start", "-w", "-t", str(TIMEOUT), "-l", f"{{data}}/{_LOG}", "-o"),
                f"-p {_free_port()} -c listen_addresses={HOST} -c unix_socket_directories= "
                + ("" if durable else _NOT_DURABLE),
            )
            if not done.returncode:
                return
            log = self._log_since(known)
            # The port was taken by another process in the meantime.
            if "could not bind" not in log or attempt == _PORT_ATTEMPTS - 1:
                why = _tail(log) or _tail(done.stderr)
                raise TransientPostgresError(f"the private PostgreSQL in {self.data} did not start: {why}")

    def stop(self, lock: int) -> None:
        """Stop the server fast: clients are disconnected, data are safe.

        Args:
            lock: The descriptor of the lock that keeps others from starting the server. `pg_ctl` inherits it:
                if this process exits first, the lock is held until the server has stopped.
        """
        # Silent, so that it prints nothing to a process that has exited, which would kill it.
        done = self._pg_ctl("stop", "-s", "-m", "fast", "-w", "-t", str(TIMEOUT), pass_fds=(lock,))
        if done.returncode and self.running():
            raise TransientPostgresError(
                f"the private PostgreSQL in {self.data} did not stop in {TIMEOUT} s: {_tail(done.stderr)}"
            )

    def running(self) -> bool:
        """Return whether a server is running on these data."""
        return self.data.exists() and self._pg_ctl("status").returncode == _STATUS_RUNNING

    def wait(self) -> bool:
        """Wait until a running server takes connections; return whether it does, or has stopped instead.

        Raises:
            TransientPostgresError: Neither has happened within `TIMEOUT`.
        """
        deadline = time.monotonic() + TIMEOUT
        while self._pid_file()[-1:] != ["ready"]:
            if not self.running():
                return False
            if time.monotonic() > deadline:
                raise TransientPostgresError(
                    f"the private PostgreSQL in {self.data} takes no connections: "
                    f"its log {self.data / _LOG} says why"
                )
            time.sleep(0.05)
        return True

    def port(self) -> int:
        """Return the port of the running server."""
        return int(self._pid_file()[3])

    def _pid_file(self) -> list[str]:
        """Return the lines: process, data, start, port, sockets, address, memory, status."""
        path = self.data / "postmaster.pid"
        return [line.strip() for line in path.read_text().splitlines()] if path.exists() else []

    def _pg_ctl(self, *arguments: str, pass_fds: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
        with self.account.reach(self.data) as (folder, descriptors):
            named = [argument.replace("{data}", folder) for argument in arguments]
            return self.account.run(
                self.binaries["pg_ctl"], "-D", folder, *named, pass_fds=descriptors + pass_fds
            )

    def _log_size(self) -> int:
        log = self.data / _LOG
        return log.stat().st_size if log.exists() else 0

    def _log_since(self, position: int) -> str:
        log = self.data / _LOG
        return log.read_bytes()[position:].decode("utf-8", "replace") if log.exists() else ""


def data_version(data: Path) -> int | None:
    """Return the major version of PostgreSQL that created a data folder; None if there are no data."""
    file = data / "PG_VERSION"
    return int(re.sub(r"\..*", "", file.read_text().strip())) if file.exists() else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _tail(text: str) -> str:
    return " / ".join(text.strip().splitlines()[-4:])
