"""A child process that calls one function, without the parent's threads and connections."""

import multiprocessing
import os
import shutil
import tempfile
import traceback
import weakref
from collections.abc import Callable, Sequence
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, ForkServerProcess

TIMEOUT = 120.0
"""Seconds that a child may take."""


class Child:
    """A child process that calls one function.

    It is forked from a small server process and not from this one, whose threads and connections it must not
    have. `warm_up` makes it start within milliseconds. Its temporary files are in a separate folder, which is
    removed when it is closed: a killed process removes none.

    Args:
        deliver: The function, importable from a module.
        arguments: Its arguments, which are pickled.
    """

    def __init__(self, deliver: Callable[..., Any], *arguments: Any) -> None:
        context = fork_server()
        self._answers, answers = context.Pipe(duplex=False)
        folder = tempfile.mkdtemp(prefix="newsdesk-child-")
        self._remove_folder = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.process: ForkServerProcess = context.Process(
            target=_run, args=(answers, folder, deliver, arguments), daemon=True
        )
        self.process.start()
        answers.close()

    def result(self, seconds: float = TIMEOUT) -> Any:
        """Wait for it, and give what the function returned; None, when it was killed.

        Raises:
            ChildFailed: with the traceback, when the function raised; or it did not end in time.
        """
        if not self._answers.poll(seconds):
            self.kill()
            raise ChildFailed(f"a delivery had not ended after {seconds:g} seconds, and was killed")
        try:
            answer, failed = self._answers.recv()
        except EOFError:
            answer, failed = None, False
        self.process.join(seconds)
        if failed:
            raise ChildFailed(str(answer))
        return answer

    def kill(self) -> None:
        """Kill it with SIGKILL, and wait until it is dead."""
        self.process.kill()
        self.process.join(TIMEOUT)

    def close(self) -> None:
        """Kill it, if it still runs, and remove its temporary files."""
        self.kill()
        self._answers.close()
        self._remove_folder()


class ChildFailed(AssertionError):  # noqa: N818  (it makes a test fail)
    """The function of a child process raised; its traceback is the message."""


def warm_up(*modules: str) -> None:
    """Import modules once in the process that children are forked from, so that none of them has to.

    A fork server that runs already is ended: it would go on without them.
    """
    forkserver._forkserver._stop()  # type: ignore[attr-defined]  # noqa: SLF001  (nothing public restarts it)
    fork_server().set_forkserver_preload(["__main__", __name__, *modules])


def fork_server() -> "ForkServerContext":
    """Give the multiprocessing context that makes children."""
    return multiprocessing.get_context("forkserver")


def _run(answers: Connection, folder: str, deliver: Callable[..., Any], arguments: Sequence[Any]) -> None:
    tempfile.tempdir = os.environ["TMPDIR"] = folder
    try:
        answer = (deliver(*arguments), False)
    except BaseException:  # noqa: BLE001  (the boundary of a process: its parent gets it as text)
        answer = (traceback.format_exc(), True)
    answers.send(answer)
