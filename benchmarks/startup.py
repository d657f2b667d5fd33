"""Startup: the import, and the list of reporters with 300 plugins installed."""

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.ratio import Figure, Way, compare

PLUGIN = """
from newsdesk import ReporterPlugin, hookimpl

@hookimpl
def newsdesk_reporters():
    yield ReporterPlugin("fake-{number}", "fake_{number}_reporter:Reporter", summary="the fake {number}")
"""
EMPTY = "import click; click.command()(lambda: None)(standalone_mode=False)"
FLOOR = f"{EMPTY}; import importlib.metadata as m; [each.load() for each in m.entry_points(group='newsdesk')]"
LIST = "from newsdesk.cli import main; main(['reporters'])"


def figures(rounds: int = 9) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        # Compiled once, in the first round, as pip does during installation.
        compiled = {**os.environ, "PYTHONPYCACHEPREFIX": f"{folder}/compiled"}
        compiled.pop("PYTHONDONTWRITEBYTECODE", None)
        name = "import newsdesk, vs import pluggy, importlib.metadata (whole processes)"
        ours, raw = _runs("import newsdesk", compiled), _runs("import pluggy, importlib.metadata", compiled)
        yield compare(name, 1.5, rounds, ours=ours, raw=raw)
        for number in range(300):
            _install(Path(folder), number)
        many = {**compiled, "PYTHONPATH": folder}
        name = "newsdesk reporters with 300 plugin distributions, vs an empty click command"
        yield compare(name, 2, rounds, ours=_runs(LIST, many), raw=_runs(EMPTY, many))
        name = "Lower bound of that: the empty command, and loading them with importlib.metadata"
        yield compare(name, 2, rounds, ours=_runs(FLOOR, many), raw=_runs(EMPTY, many))


def _runs(code: str, variables: dict[str, str]) -> Iterator[Way]:
    command = [sys.executable, "-c", code]
    return itertools.repeat(
        partial(subprocess.run, command, env=variables, stdout=subprocess.DEVNULL, check=True)
    )


def _install(folder: Path, number: int) -> None:
    info = folder / f"fake_{number}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: fake-{number}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[newsdesk]\nfake-{number} = fake_{number}\n")
    (folder / f"fake_{number}.py").write_text(PLUGIN.format(number=number))
