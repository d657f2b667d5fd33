"""A server for tests, which ends with the process that started it."""

import contextlib
import json
import os
import selectors
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, Self

TIMEOUT = 180.0
"""Seconds that a server may take to start; and to end, before it is killed."""

_SUPERVISOR = "newsdesk.testing.servers.supervisor"
_LOG = "supervisor.log"
_SHOWN = 3000


class ServerMissing(Exception):  # noqa: N818  (not an error: a test that needs the server is skipped)
    """The server is not installed; the message says what to install."""


class ServerFailed(RuntimeError):  # noqa: N818  (it makes a test fail, as `ChildFailed` does)
    """A server did not start or did not end; its traceback and its log are in the message."""


class Server:
    """A server, run by a supervisor process; on a POSIX system.

    The supervisor ends it when asked, and also when this process dies in whatever way, by SIGKILL too.

    Args:
        serve: The import path of the context manager that runs it, see `newsdesk.ServerPlugin`.
        folder: The server's own; it must exist.
    """

    def __init__(self, serve: str, folder: str | os.PathLike[str]) -> None:
        self.serve = serve
        self.folder = Path(folder).absolute()
        self._url: str | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its URL; after a restart that may be another one.

        Raises:
            RuntimeError: it is not running.
        """
        if self._url is None:
            raise RuntimeError(f"the server {self.serve!r} is not running; call start() first")
        return self._url

    def start(self) -> None:
        """Start it, and wait until it answers; does nothing when it runs.

        Raises:
            ServerMissing: it is not installed.
            ServerFailed: it did not start.
        """
        if self._process is not None:
            return
        command = [sys.executable, "-P", "-m", _SUPERVISOR, self.serve, str(self.folder)]
        with (self.folder / _LOG).open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  (our own)
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests, which then end it orderly
            )
        try:
            self._url = self._answer(self._process)
        except BaseException:
            with contextlib.suppress(ServerFailed):  # the first error is raised
                self.stop()
            raise

    def stop(self) -> None:
        """End it, and wait for that; does nothing when it does not run.

        Raises:
            ServerFailed: it did not end in time, or with an error.
        """
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(BrokenPipeError), _pipe(process.stdin) as stdin:  # it has ended already
            stdin.write(b"\n")  # closing alone is not seen while a forked child has the pipe open too
        if self._url is None:  # it is still starting, and does not read
            process.terminate()
        self._url = None
        try:
            code = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise self._failure(f"did not end within {TIMEOUT:g} seconds") from None
        finally:
            _pipe(process.stdout).close()
        if code:
            raise self._failure(f"ended with exit code {code}")

    def restart(self) -> None:
        """End it and start it again, in the same folder."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.serve!r}, {str(self.folder)!r})"  # its URL may hold a password

    def _answer(self, process: subprocess.Popen[bytes]) -> str:
        """Wait for the supervisor's one line, and give the URL in it."""
        with selectors.DefaultSelector() as selector:
            selector.register(_pipe(process.stdout), selectors.EVENT_READ)
            if not selector.select(TIMEOUT):
                raise self._failure(f"did not start within {TIMEOUT:g} seconds")
        line = _pipe(process.stdout).readline()
        answer: dict[str, Any] = json.loads(line) if line else {}
        if "missing" in answer:
            raise ServerMissing(answer["missing"])
        if "url" not in answer:
            raise self._failure(f"did not start: {answer.get('failed', 'it ended without a message')}")
        return str(answer["url"])

    def _failure(self, what: str) -> ServerFailed:
        log = (self.folder / _LOG).read_text("utf-8", "replace")[-_SHOWN:]
        return ServerFailed(f"the server {self.serve!r} {what}\n{log}".rstrip())


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101  (each was asked for)
    return stream
