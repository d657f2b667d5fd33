"""Processes that are ready to report, each with its imports done."""

import contextlib
import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.processes import worker


class Side(NamedTuple):
    """One of the two that are compared, and what it reports with."""

    who: str
    python: Path
    backend: str
    address: dict[str, object]

    def command(self, *files: Path) -> list[object]:
        return [self.python, worker.__file__, self.who, self.backend, json.dumps(self.address), *files]


class Workers:
    """Several processes of one side."""

    def __init__(self, processes: Sequence[subprocess.Popen[str]], log: Path) -> None:
        self._processes, self._log = processes, log

    def report(self, *shares: Sequence[Path]) -> tuple[float, int]:
        """Report a share of files in each process at once; return the longest seconds, and the failures."""
        at_work = self._processes[: len(shares)]
        for process, files in zip(at_work, shares, strict=True):
            assert process.stdin is not None
            print(json.dumps([*map(str, files)]), file=process.stdin, flush=True)
        answers = [self._answer(process) for process in at_work]
        return max(seconds for seconds, _ in answers), sum(failed for _, failed in answers)

    def _answer(self, process: subprocess.Popen[str]) -> tuple[float, int]:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"a worker ended: {self._log.read_text()[-2000:]}")
        seconds, failed = json.loads(line)
        return seconds, failed


@contextlib.contextmanager
def workers(side: Side, count: int, folder: Path) -> Iterator[Workers]:
    """Start processes in a folder; what they print goes to a file there."""
    with contextlib.ExitStack() as stack:
        path = folder / f"{side.who}.log"
        log = stack.enter_context(path.open("ab"))
        yield Workers([stack.enter_context(_started(side, folder, log)) for _ in range(count)], path)


@contextlib.contextmanager
def _started(side: Side, folder: Path, log) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*map(str, side.command())],
        cwd=folder,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    try:
        yield process
    finally:
        process.communicate()
