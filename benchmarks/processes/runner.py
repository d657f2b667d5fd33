"""Runs whole processes one by one, as a pod or a person does, and measures them."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from benchmarks.processes import launcher
from benchmarks.ratio import Figure, pairs


class Usage(NamedTuple):
    """What a process cost."""

    wall: float
    """Seconds from its start to its end."""
    cpu: float
    """Seconds of CPU, of user and system."""
    peak: float
    """Its peak memory (resident set), in MB."""


UNITS = Usage("s", "s", "MB")


class Runner:
    """Runs commands in one folder, with few environment variables."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self._output = folder / launcher.OUTPUT
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", launcher.__file__],
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8", **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, command: Sequence[object]) -> Usage:
        """Run a command, the path of a program and its arguments.

        Raises:
            RuntimeError: it failed; with the end of its output.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([*map(str, command)]), file=self._process.stdin, flush=True)
        code, wall, cpu, peak = json.loads(self._process.stdout.readline())
        if code:
            raise RuntimeError(f"{command} exited with {code}: {self._output.read_text()[-2000:]}")
        return Usage(wall, cpu, peak / 1e6)

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def compare_processes(
    runner: Runner,
    name: str,
    goals: tuple[float | None, float | None],
    rounds: int,
    *,
    ours: Iterator[Sequence[object]],
    raw: Iterator[Sequence[object]],
) -> Iterator[Figure]:
    """Run two commands in turns; yield the figures of wall time, CPU and peak memory.

    Args:
        runner: What runs them.
        name: Of the figures.
        goals: Of wall time and of peak memory, as ratios.
        rounds: Pairs, besides the first, which is a warm-up.
        ours: Newsdesk's command, for each run.
        raw: The command of the reference, for each run.
    """
    measured = pairs(rounds, ours, raw, runner.run)
    wall, peak = goals
    for measure, goal, unit in zip(Usage._fields, (wall, None, peak), UNITS, strict=True):
        values = [(getattr(mine, measure), getattr(other, measure)) for mine, other in measured]
        yield Figure.of_pairs(name, goal, unit, values, measure=measure)
