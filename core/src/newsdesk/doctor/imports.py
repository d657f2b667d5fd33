"""What each plugin imports, seen in a new interpreter: `python -m newsdesk.doctor.imports`."""

import json
import os
import subprocess
import sys

from newsdesk.exceptions import PluginError
from newsdesk.plugins import entry_points
from newsdesk.testing.inspection.discovery import extra_imports

_PATIENCE = 120


def imported_packages() -> dict[str, list[str]]:
    """Give for each entry point the packages that it imports besides its own and the standard library.

    A package that several import is listed for the first of them.

    Raises:
        PluginError: a plugin exits the interpreter.
    """
    command = [sys.executable, "-P", "-m", __spec__.name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)  # noqa: S603  (our own)
    if done.returncode or not done.stdout:
        raise PluginError(f"a new interpreter that loads the plugins exits with {done.returncode}")
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def _look() -> dict[str, list[str]]:
    installed = entry_points.installed()
    return {entry.name: extra_imports(entry) for entries in installed.values() for entry in entries}


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer:
        os.dup2(2, 1)  # what a plugin prints must not be mixed with it
        json.dump(_look(), answer)
