"""A server for tests, that ends with the process which started it."""

import contextlib
import json
import os
import selectors
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, Self

PATIENCE = 180.0
"""Seconds that a server may take to start; and to end, before it is killed."""

_LOG = "serving.log"
_SHOWN = 3000


class ServerMissing(Exception):  # noqa: N818  (it is no error: a test that needs the server is skipped)
    """What a server is made of is not installed here; the message says what to install."""


class ServerFailed(RuntimeError):  # noqa: N818  (a test fails by it, as by `ChildFailed`)
    """A server did not start or did not end; its traceback and its log are in the message."""


class Server:
    """A server that another process starts, watches and ends; on a POSIX system.

    That process ends it when this one says so, and also when this one dies in whatever way, by SIGKILL too.

    Args:
        serve: The import path of what runs the server, see `newsdesk.plugins.hookspecs.ServerPlugin`.
        folder: Where it may keep what it likes; there must be such a folder.
    """

    def __init__(self, serve: str, folder: str | os.PathLike[str]) -> None:
        self.serve = serve
        self.folder = Path(folder).absolute()
        self._url: str | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is; after another start that may be somewhere else.

        Raises:
            RuntimeError: it does not run.
        """
        if self._url is None:
            raise RuntimeError(f"the server {self.serve!r} does not run; start() it first")
        return self._url

    def start(self) -> None:
        """Start it, and wait until it answers; again is fine.

        Raises:
            ServerMissing: something is not installed.
            ServerFailed: it did not start.
        """
        if self._process is not None:
            return
        command = [sys.executable, "-P", "-m", "newsdesk.testing.serving", self.serve, str(self.folder)]
        with (self.folder / _LOG).open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  (our own)
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests, which then end it in order
            )
        try:
            self._url = self._answer(self._process)
        except BaseException:
            with contextlib.suppress(ServerFailed):  # what comes first is told
                self.stop()
            raise

    def stop(self) -> None:
        """End it, and wait for that; again is fine.

        Raises:
            ServerFailed: it did not end by itself, or not well.
        """
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(BrokenPipeError), _pipe(process.stdin) as stdin:  # it has ended already
            stdin.write(b"\n")  # its end alone is not seen while a forked child has it open too
        if self._url is None:  # it is still at its start, and does not look
            process.terminate()
        self._url = None
        try:
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise self._failure(f"did not end within {PATIENCE:g} seconds") from None
        finally:
            _pipe(process.stdout).close()
        if code:
            raise self._failure(f"did not end well, with exit code {code}")

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
        """Wait for the one line that it says, and give the URL in it."""
        with selectors.DefaultSelector() as selector:
            selector.register(_pipe(process.stdout), selectors.EVENT_READ)
            if not selector.select(PATIENCE):
                raise self._failure(f"did not start within {PATIENCE:g} seconds")
        line = _pipe(process.stdout).readline()
        told: dict[str, Any] = json.loads(line) if line else {}
        if "missing" in told:
            raise ServerMissing(told["missing"])
        if "url" not in told:
            raise self._failure(f"did not start: {told.get('failed', 'it ended without a word')}")
        return str(told["url"])

    def _failure(self, what: str) -> ServerFailed:
        log = (self.folder / _LOG).read_text("utf-8", "replace")[-_SHOWN:]
        return ServerFailed(f"the server {self.serve!r} {what}\n{log}".rstrip())


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101  (each was asked for)
    return stream
