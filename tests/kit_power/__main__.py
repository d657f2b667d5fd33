"""Plants each bug in a copy of its reporter, and runs the kit on that: `python -m tests.kit_power [NAME…]`.

Prints which check has caught it; the plugins' other tests do not run. Names are those of reporters. First, the
kit must pass each reporter without a bug.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.kit_power import SUBJECTS
from tests.kit_power.bug import ROOT, Bug, Subject

SHARE = 0.9
"""Of the bugs, how many the kit must catch."""
_AT_ONCE = 2
_FAILED = re.compile(r"^(?:FAILED|ERROR) \S*::(\w+)", re.MULTILINE)
_SECONDS = 600


def caught_by(subject: Subject, bug: Bug) -> str | None:
    """Run the kit with a bug, up to the first check that fails, and give its name; None, when all hold.

    Raises:
        RuntimeError: no check was run.
    """
    with tempfile.TemporaryDirectory(prefix="kit-power-") as folder:
        package = Path(folder, Path(subject.sources).name)
        shutil.copytree(ROOT / subject.sources, package, ignore=shutil.ignore_patterns("__pycache__"))
        bug.plant(package)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "-rfE",
            subject.contract,
        ]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")])},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"the kit did not run with the bug {bug.name!r}:\n{done.stdout}\n{done.stderr}")
    found = _FAILED.search(done.stdout)
    return None if done.returncode == 0 else found[1] if found else "a check"


def without_a_bug(subject: Subject) -> None:
    """Run the kit without a bug.

    Raises:
        RuntimeError: a check fails, so that none says anything about a bug.
    """
    if check := caught_by(subject, Bug("none", "__init__.py", [])):
        raise RuntimeError(f"{subject.name} fails {check} without a bug")


def table(subjects: list[Subject]) -> Iterator[tuple[str, str, str | None]]:
    """Give reporter, bug and the check that caught it."""
    planted = [(subject, bug) for subject in subjects for bug in subject.bugs]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(without_a_bug, subjects))
        for (subject, bug), check in zip(
            planted, pool.map(lambda pair: caught_by(*pair), planted), strict=True
        ):
            yield subject.name, bug.name, check


def main(names: list[str]) -> int:
    """Print the table, and give the exit code: 1, when too many bugs were not caught."""
    asked = [subject for subject in SUBJECTS if not names or subject.name in names]
    rows = []
    print("| reporter | bug | caught by |\n| --- | --- | --- |")
    for reporter, bug, check in table(asked):
        rows.append(check)
        shown = "**nothing**" if check is None else check.removeprefix("test_").replace("_", " ")
        print(f"| {reporter} | {bug} | {shown} |", flush=True)
    caught = sum(check is not None for check in rows)
    print(f"\n{caught} of {len(rows)} bugs are caught by the kit alone.")
    return 0 if caught >= SHARE * len(rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
