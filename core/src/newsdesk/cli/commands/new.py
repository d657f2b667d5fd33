"""`newsdesk new`: a project for a reporter of one's own."""

import contextlib
import importlib.metadata
import importlib.util
import os
import tempfile
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import click

from newsdesk.builtin.registry import default_registry
from newsdesk.cli.project import Project
from newsdesk.contract.reporter import API_VERSION
from newsdesk.plugins.import_paths import FIRST_PARTY

_SETTINGS = "COPIER_SETTINGS_PATH"


@click.command()
@click.argument("name")
@click.option(
    "--in",
    "parent",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The folder to make the project's folder in; the working folder, when it is not given.",
)
def command(name: str, parent: Path) -> None:
    """Write a plugin project for a reporter that a config will call NAME.

    It is written to the new folder newsdesk-NAME, works as it is, and has the conformance kit as its test.
    Needs the extra newsdesk[template].

    Exit code: 0 it is written; 1 the folder cannot be written to; 2 wrong usage, or a name that is taken.
    """
    project = _project(name)
    target = parent / project.distribution
    if target.exists() or target.is_symlink():
        raise click.UsageError(f"{str(target)!r} is there already: give another name, or a folder with --in")
    copier = _copier()
    try:
        _write(project, target, copier)
    except OSError as error:
        raise click.ClickException(
            f"{str(target)!r} cannot be written: {error.strerror}; give another folder with --in"
        ) from error
    click.echo(f"{target} is written. What to do next:\n")
    click.echo(f'  cd {target}\n  pip install -e ".[dev]"\n  pytest\n')
    click.echo("Its README.md says how to make it yours.")


def _project(name: str) -> Project:
    try:
        project = Project.of(name)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if owner := _owner(project.name):
        raise click.UsageError(
            f"there is a reporter {project.name!r} already, of {owner}, and a config could not tell the two "
            "apart: give another name"
        )
    if importlib.util.find_spec(project.package) is not None:
        raise click.UsageError(
            f"there is a module {project.package!r} already: give another name, or uninstall what brings it"
        )
    return project


def _owner(name: str) -> str | None:
    """Give the distribution whose reporter answers to a name, installed or known."""
    claiming = default_registry().claiming(name)
    return claiming[0].origin if claiming else FIRST_PARTY.get(name)


def _copier() -> Any:
    try:
        import copier  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise click.UsageError("newsdesk new needs copier: pip install 'newsdesk[template]'") from error
    return copier


def _write(project: Project, target: Path, copier: Any) -> None:
    """Write the project under another name, and rename it: it is there whole or not at all."""
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
    """Let copier read no settings of this user: the project is the same for all, and they may be damaged."""
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
