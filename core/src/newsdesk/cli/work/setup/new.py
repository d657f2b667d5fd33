"""What `newsdesk new` does."""

import contextlib
import importlib.metadata
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import click

from newsdesk.builtin.registry import default_registry
from newsdesk.cli.project import Project
from newsdesk.contract.reporter import API_VERSION
from newsdesk.plugins.import_paths import FIRST_PARTY

_SETTINGS = "COPIER_SETTINGS_PATH"


def run(name: str, parent: Path, *, http: bool | None) -> None:
    """Run the command.

    Args:
        name: The reporter's name.
        parent: The folder that gets the project's.
        http: Whether the backend speaks HTTP; None, to ask.
    """
    project = _project(name)
    target = parent / project.distribution
    if target.exists() or target.is_symlink():
        raise click.UsageError(f"{str(target)!r} exists; give another name, or a folder with --in")
    copier = _copier()
    if http is None:
        http = sys.stdin.isatty() and click.confirm("Does your backend speak HTTP?")
    try:
        _write(replace(project, http=http), target, copier)
    except OSError as error:
        raise click.ClickException(
            f"cannot write {str(target)!r}: {error.strerror}; give another folder with --in"
        ) from error
    click.echo(f"Created {target}. Next steps:\n")
    click.echo(f'  cd {target}\n  pip install -e ".[dev]"\n  pytest\n')
    click.echo("Its README.md explains how to adapt it.")


def _project(name: str) -> Project:
    try:
        project = Project.of(name)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if owner := _owner(project.name):
        raise click.UsageError(f"the reporter {project.name!r} of {owner} has this name; give another one")
    if importlib.util.find_spec(project.package) is not None:
        raise click.UsageError(
            f"a module {project.package!r} is installed; give another name, or uninstall it"
        )
    return project


def _owner(name: str) -> str | None:
    """Give the distribution whose reporter has a name, installed or known."""
    claiming = default_registry().claiming(name)
    return claiming[0].origin if claiming else FIRST_PARTY.get(name)


def _copier() -> Any:
    try:
        import copier  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise click.UsageError("newsdesk new needs copier: pip install 'newsdesk[template]'") from error
    return copier


def _write(project: Project, target: Path, copier: Any) -> None:
    """Write the project under another name, and rename it, so that it is never incomplete."""
    answers = project.answers(importlib.metadata.version("newsdesk"), API_VERSION)
    with (
        as_file(files("newsdesk") / "template") as template,
        tempfile.TemporaryDirectory(prefix=".newsdesk-new-", dir=target.parent) as folder,
    ):
        made = Path(folder, target.name)
        with _no_settings(Path(folder)):
            copier.run_copy(str(template), made, data=answers, defaults=True, quiet=True)
        made.rename(target)


@contextlib.contextmanager
def _no_settings(folder: Path) -> Iterator[None]:
    """Keep copier from reading this user's settings: the project is the same for all."""
    empty, before = folder / "settings.yml", os.environ.get(_SETTINGS)
    empty.write_text("{}", encoding="utf-8")
    os.environ[_SETTINGS] = str(empty)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SETTINGS]
        else:
            os.environ[_SETTINGS] = before
