"""The static site, for `docs/pages.md`: `python -m benchmarks pages`; without goals."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from newsdesk import Machine
from newsdesk.atomic import write_atomically
from newsdesk.testing.machines.fleet import fleet
from newsdesk_pages import PagesReporter

from benchmarks.ratio import Figure

EXAMPLES = Path(__file__).parents[2] / "examples" / "machines"
COUNTS = (10, 1_000, 10_000)
ROUNDS = 15


def figures() -> Iterator[Figure]:
    """Yield what one more machine costs with few and with many in the site, and how large the site is."""
    real = [Machine.from_json(file.read_bytes()) for file in sorted(EXAMPLES.glob("*-20tags.json"))]
    new = fleet(2 * ROUNDS * len(COUNTS), of=real)
    with tempfile.TemporaryDirectory() as name, PagesReporter(f"{name}/site") as reporter:
        there = 0
        for count in COUNTS:
            with mock.patch("os.fsync"):  # only what is measured need survive a loss of power
                for record in _small(there, count):
                    reporter.report(record)
            there = count
            machines = [next(new) for _ in range(ROUNDS)]
            with mock.patch("os.fsync"):
                cpu = [_milliseconds(time.process_time, reporter, machine) for machine in machines]
            yield _figure(f"one more with {count:,} there: CPU", cpu)
            again = [_milliseconds(time.process_time, reporter, machine) for machine in machines]
            yield _figure(f"the same again with {count:,} there: CPU", again)
            wall = [_milliseconds(time.perf_counter, reporter, next(new)) for _ in range(ROUNDS)]
            writes = [_write(Path(name, f"write-{index}")) for index in range(ROUNDS)]
            yield _figure(f"one more with {count:,} there: time, vs one atomic write of 15 KB", wall, writes)
        for part in ("index", "machines", "records"):
            files = [file for file in Path(name, "site", part).rglob("*") if file.is_file()]
            yield _figure(
                f"{part}: KB of all", [sum(file.stat().st_size for file in files) / 1000], unit="KB"
            )


def _small(first: int, end: int) -> Iterator[dict[str, Any]]:
    """Yield machines without charts, which are quick to write; their rows of the index are the same."""
    base = [machine.to_dict() for machine in fleet(8)]
    for record in base:
        model = record["metadata"]["build_metadata"]["model"]
        scores = model["cross_validation"]["scores"]
        means = {name: {"fold-mean": folds["fold-mean"]} for name, folds in scores.items() if folds}
        means = {name: mean for name, mean in means.items() if "-TAG-" not in name}
        model.update(cross_validation={"scores": means}, model_meta={})
        record.update(metadata={"build_metadata": {"model": model}}, dataset={}, runtime={})
    for number in range(first, end):
        yield {**base[number % len(base)], "name": f"machine-{number}"}


def _milliseconds(clock: Callable[[], float], reporter: PagesReporter, machine: Machine) -> float:
    start = clock()
    reporter.report(machine)
    return (clock() - start) * 1000


def _write(file: Path) -> float:
    start = time.perf_counter()
    write_atomically(file, os.urandom(15_000))
    return (time.perf_counter() - start) * 1000


def _figure(name: str, ours: list[float], raw: list[float] | None = None, unit: str = "ms") -> Figure:
    reference = None if raw is None else statistics.median(raw)
    return Figure(f"Pages, {name}", statistics.median(ours), reference, None, unit, len(ours))
