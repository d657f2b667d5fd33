"""The wheels of this tree, and fresh environments to install them in."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def command(
    *arguments: object, cwd: Path, status: int = 0, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of this or of another environment, and hold it to its exit status."""
    inherited = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(
        list(map(str, arguments)),
        cwd=cwd,
        env=inherited | {"COLUMNS": "200", "NO_COLOR": "1"} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    shown = f"{' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == status, f"exit status {done.returncode} instead of {status} of {shown}"
    return done


def call_uv(*arguments: object, cwd: Path = ROOT) -> None:
    """Run uv: from this environment, or the one on PATH."""
    own = Path(sysconfig.get_path("scripts"), "uv")
    program = own if own.exists() else shutil.which("uv")
    assert program, "these tests need uv: install the dependency group 'build'"
    command(program, *arguments, cwd=cwd)


@dataclass(frozen=True)
class Environment:
    """An environment with nothing in it but what a test installs."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, *wheels: Path) -> "Environment":
        call_uv("venv", "--quiet", "--python", sys.executable, folder)
        environment = cls(folder)
        environment.install(*wheels)
        return environment

    def install(self, *wheels: Path) -> None:
        call_uv("pip", "install", "--quiet", "--python", self.folder, *wheels, cwd=self.folder)

    def uninstall(self, *names: str) -> None:
        call_uv("pip", "uninstall", "--quiet", "--python", self.folder, *names, cwd=self.folder)

    def newsdesk(self, *arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the installed command."""
        return command(self.folder / "bin" / "newsdesk", *arguments, cwd=self.folder, status=status)

    def python(self, code: str) -> Any:
        """Run code in a new process, and give what it prints, read as JSON."""
        return json.loads(command(self.folder / "bin" / "python", "-c", code, cwd=self.folder).stdout)


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Give `command`: tests cannot import it from here."""
    return command


@pytest.fixture(scope="session")
def uv() -> Callable[..., None]:
    """Give `call_uv`, for the same reason."""
    return call_uv


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every distribution, built once: each wheel from its source distribution, as on PyPI."""
    folder = tmp_path_factory.mktemp("dist")
    call_uv("build", "--quiet", "--all-packages", "--out-dir", folder)
    return folder


@pytest.fixture(scope="session")
def wheels(dist: Path) -> Mapping[str, Path]:
    """Each distribution's wheel by its name."""
    return {path.name.split("-")[0].replace("_", "-"): path for path in dist.glob("*.whl")}


@pytest.fixture(scope="session")
def environment(
    tmp_path_factory: pytest.TempPathFactory, wheels: Mapping[str, Path]
) -> Callable[..., Environment]:
    """Give an environment with some distributions and what they depend on; made once for all tests that only look."""
    made: dict[tuple[str, ...], Environment] = {}

    def environment_with(*names: str) -> Environment:
        if names not in made:
            folder = tmp_path_factory.mktemp("-".join(names)) / "venv"
            made[names] = Environment.make(folder, *(wheels[name] for name in names))
        return made[names]

    return environment_with


@pytest.fixture
def bare(tmp_path: Path, wheels: Mapping[str, Path]) -> Environment:
    """An environment with nothing but core, that a test may change."""
    return Environment.make(tmp_path / "venv", wheels["newsdesk"])


@pytest.fixture
def tiny_wheel(tmp_path: Path) -> Callable[..., Path]:
    """Give a wheel of one module, as a third party would publish it."""

    def make(name: str, version: str, *, entry: str, source: str) -> Path:
        """Make one; `entry` is the name of its entry point."""
        stem = name.replace("-", "_")
        files = {
            f"{stem}.py": source,
            f"{stem}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{stem}-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{stem}-{version}.dist-info/entry_points.txt": f"[newsdesk]\n{entry} = {stem}\n",
        }
        record = f"{stem}-{version}.dist-info/RECORD"
        path = tmp_path / f"{stem}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for file, text in files.items():
                archive.writestr(file, text)
            archive.writestr(record, "".join(f"{file},,\n" for file in [*files, record]))
        return path

    return make
