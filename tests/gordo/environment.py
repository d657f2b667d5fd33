"""Makes an environment of gordo with the versions that its image pins: `python environment.py FOLDER`.

Prints the environment's Python and the folder of gordo's sources. A folder that has both is left as it is. Needs
uv on PATH, and Python 3.11, for which gordo pins its requirements.
"""

import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

VERSION = "6.0.4"
PYTHON = "3.11"
REPOSITORY = "https://github.com/equinor/gordo"
PINS = "requirements/full_requirements.txt"
TESTS = "tests/gordo/reporters"
# gordo uses pkg_resources, which setuptools 80 and later do not have or warn about.
SETUPTOOLS = "setuptools<80"
# What gordo's tests import; the releases that its test_requirements.txt names.
TEST_TOOLS = [
    "docker==7.1.0",
    "mock>=5,<6",
    "pip>=25.3",
    "pytest>=8.2,<9",
    "pytest-mock>=3.6,<4",
    "pytest-timeout>=2.1,<3",
    "pytest-xdist>=3.2,<4",
    "responses>=0.25.3,<0.26",
]


@dataclass(frozen=True)
class Original:
    """gordo, installed."""

    folder: Path
    """The folder that contains both of these."""

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return self.folder / "venv" / "bin" / "python"

    @property
    def source(self) -> Path:
        """Its sources, with its tests."""
        return self.folder / f"gordo-{VERSION}"


def make(folder: Path) -> Original:
    """Create the environment and get the sources, unless the folder has them.

    Raises:
        SystemExit: the sources can be had neither from the package index nor from the repository.
    """
    made = Original(folder.resolve())
    if (done := made.folder / "complete").exists():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    _run("uv", "venv", "--quiet", "--clear", "--python", PYTHON, str(made.folder / "venv"))
    _install(made, SETUPTOOLS, "pip>=25.3")
    if not (made.source / PINS).exists():
        _get_source(made)
    _install(made, f"gordo=={VERSION}", SETUPTOOLS, *TEST_TOOLS, "--requirement", str(made.source / PINS))
    done.touch()
    return made


def _get_source(made: Original) -> None:
    failures = []
    for get in (_from_index, _from_repository):
        shutil.rmtree(made.source, ignore_errors=True)
        try:
            get(made)
        except (subprocess.CalledProcessError, OSError) as error:
            failures.append(f"{get.__name__.lstrip('_').replace('_', ' ')}: {error}")
            continue
        if (made.source / TESTS).is_dir() and (made.source / PINS).is_file():
            return
        failures.append(f"{get.__name__.lstrip('_').replace('_', ' ')}: without {TESTS} or {PINS}")
    sys.exit(
        f"gordo {VERSION} cannot be had with its tests; unpack its sources into {made.source} and try again\n"
        + "\n".join(failures)
    )


def _from_index(made: Original) -> None:
    """Get the source distribution; pip builds its metadata, for which it needs an old setuptools."""
    constraint = made.folder / "build-constraint.txt"
    constraint.write_text(f"{SETUPTOOLS}\n")
    _run(
        *(str(made.python), "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "gordo"),
        *("--build-constraint", str(constraint), "--dest", str(made.folder), f"gordo=={VERSION}"),
    )
    with tarfile.open(made.folder / f"gordo-{VERSION}.tar.gz") as archive:
        archive.extractall(made.folder, filter="data")


def _from_repository(made: Original) -> None:
    _run("git", "clone", "--quiet", "--depth=1", f"--branch={VERSION}", REPOSITORY, str(made.source))


def _install(made: Original, *requirements: str) -> None:
    _run("uv", "pip", "install", "--quiet", "--python", str(made.python), *requirements)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    original = make(Path(sys.argv[1]))
    sys.stdout.write(f"{original.python}\n{original.source}\n")
