"""What the tests of the command share: a working folder, records, reporters to misbehave."""

import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sysconfig
from pathlib import Path

import pytest
from click.testing import CliRunner
from newsdesk.builtin.registry import default_registry
from newsdesk.cli import main

EXAMPLES = Path(__file__).parents[3] / "examples" / "machines"

# click before 8.2 mixes standard error into standard output unless asked not to; later ones know no such option.
SEPARATE = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}

REPORTERS = """
    import os
    import signal
    import sys
    import threading

    from newsdesk import Alteration, BaseReporter, Delivery, PermanentReporterError, Plan, Secret

    class Fails(BaseReporter):
        '''Refuses every machine.'''

        def report(self, machine):
            raise PermanentReporterError("refused")

        def ping(self):
            raise PermanentReporterError("no route to host")

    class Prints(BaseReporter):
        def report(self, machine):
            print("printed by the reporter", file=sys.stderr)
            return Delivery("there", [Alteration("metadata.x", "truncated", "5 of 9 characters")])

        def plan(self, machine):
            altered = [Alteration("metadata.x", "truncated", "5 of 9 characters")]
            return Plan(requests=3, items={"metrics": 35, "params": 31}, alterations=altered, size=1234)

    class Hangs(BaseReporter):
        def report(self, machine):
            print("begun", file=sys.stderr, flush=True)
            threading.Event().wait()

    class Buggy(BaseReporter):
        def _bug(self, *_):
            return [] / 0

        report = plan = holds = _bug

        def ping(self):
            self._bug()

    class Takes(BaseReporter):
        '''Takes all kinds of parameters.'''

        def __init__(self, first, *more: int, token: Secret = "abc", size: int = 3, **others) -> None:
            pass

        def report(self, machine):
            pass

    class Bare(BaseReporter):
        def report(self, machine):
            pass
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working folder of its own, and a registry that knows what is installed now."""
    folder = tmp_path / "working folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")
    default_registry.cache_clear()
    yield folder
    default_registry.cache_clear()


@pytest.fixture
def acme(distribution):
    """A module with reporters that fail, hang and alter; named by import path."""
    return distribution("acme", {"acme_reporters": REPORTERS})


@pytest.fixture
def newsdesk():
    """Run the command in this process, and hold it to its exit code."""

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def run(*arguments, code=0, stdin=None):
        result = CliRunner(**SEPARATE).invoke(
            main, list(map(str, arguments)), input=stdin, prog_name="newsdesk"
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    yield run
    for number, handler in before.items():  # a command that was stopped leaves its own
        signal.signal(number, handler)


@pytest.fixture
def records(folder):
    """The four real machines, in files of the working folder."""
    for path in EXAMPLES.glob("*.json"):
        shutil.copy(path, folder)
    return sorted(path.name for path in folder.glob("*.json"))


@pytest.fixture
def write(folder):
    """Write a file into the working folder: a text as it is, all else as JSON."""

    def write(name, content):
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(text, encoding="utf-8")
        return name

    return write


@pytest.fixture
def machine(write):
    """One small machine that names no reporters."""
    return write("machine.json", {"name": "compressor", "project_name": "north"})


@pytest.fixture
def on_terminal():
    """Run the command in a process with standard error, and without `stdout` all, on a terminal.

    Returns what that showed, without the commands to the terminal unless `raw`.
    """
    pty = pytest.importorskip("pty", reason="this system has no pseudo terminals")

    def run(arguments, environment, *, stdout=None, code=0, columns=200, raw=False, no_color=False):
        ours, theirs = pty.openpty()
        variables = {key: value for key, value in environment.items() if key not in ("NO_COLOR", "COLUMNS")}
        process = subprocess.Popen(
            [Path(sysconfig.get_path("scripts"), "newsdesk"), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=theirs if stdout is None else stdout,
            stderr=theirs,
            env={
                **variables,
                "TERM": "xterm-256color",
                "COLUMNS": str(columns),
                **({"NO_COLOR": "1"} if no_color else {}),
            },
        )
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        os.close(ours)
        assert process.wait(60) == code, shown.decode()
        text = shown.decode().replace("\r\n", "\n")
        return text if raw else re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)

    return run


def _read(descriptor):
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux tells the end of a terminal so
        return b""
