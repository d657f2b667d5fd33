"""Environments of Python with newsdesk as users install it: from wheels, compiled."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Environment:
    """An environment in a folder."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self._bin = folder / "bin"
        _uv("venv", "--python", python, str(folder))

    def install(self, *requirements: str) -> None:
        """Install distributions, compiled, as pip does."""
        _uv("pip", "install", "--compile-bytecode", "--python", str(self.program("python")), *requirements)

    def program(self, name: str) -> Path:
        """Return the path of one of its programs."""
        return self._bin / name


@contextlib.contextmanager
def wheels() -> Iterator[dict[str, str]]:
    """Build this tree's distributions; yield their wheels by name."""
    with tempfile.TemporaryDirectory() as folder:
        _uv("build", "--all-packages", "--wheel", "--out-dir", folder, str(ROOT))
        yield {wheel.name.split("-")[0]: str(wheel) for wheel in Path(folder).glob("*.whl")}


def _uv(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *arguments], check=True)
