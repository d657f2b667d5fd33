"""What `newsdesk demo` does."""

import contextlib
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import yaml

from newsdesk.atomic import write_atomically
from newsdesk.builtin.registry import default_registry
from newsdesk.cli.receipts.summary import show
from newsdesk.config.file import Config
from newsdesk.testing.machines.fleet import fleet

MACHINES = 12
BUILDS = (1, 2)
_SECONDS = 300
"""The deadline: the first report creates the stores."""
_NEXT = {
    "to see what was built, the worst first": "newsdesk list --from files --sort r2-score --worst-first",
    "to look at one machine": "newsdesk show valve-004 --from files",
    "to see what its second build changed": "newsdesk diff build-1/valve-004.json build-2/valve-004.json",
    "to refuse a build that is worse": "newsdesk gate build-2 --baseline build-1",
}


def run(folder: Path) -> int:
    """Run the command, and return its exit code."""
    try:
        _write(folder)
    except OSError as error:
        raise click.ClickException(
            f"cannot write {str(folder)!r}: {error.strerror}; give another folder"
        ) from error
    with contextlib.chdir(folder), Config.read("newsdesk.yaml").desk() as desk:
        count, machines = (
            MACHINES * len(BUILDS),
            (m for build in BUILDS for m in fleet(MACHINES, build=build)),
        )
        code = show(desk.report_many(machines), machines=count, as_json=False)
    click.echo(f"\nNext, in the folder {folder}:\n")
    click.echo(f"  cd {shlex.quote(str(folder))}")
    for purpose, example in _NEXT.items():
        click.echo(f"  {example:<64}  # {purpose}")
    return code


def _write(folder: Path) -> None:
    """Write the records and the config.

    Raises:
        click.UsageError: there is something in the folder.
        OSError: it cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise click.UsageError(f"{str(folder)!r} is not empty; give another folder, or remove it")
    for build in BUILDS:
        for machine in fleet(MACHINES, build=build):
            write_atomically(folder.absolute() / f"build-{build}" / f"{machine.name}.json", machine.to_json())
    config = {"reporters": [*_entries()], "deadline": _SECONDS}
    write_atomically(folder.absolute() / "newsdesk.yaml", yaml.safe_dump(config, sort_keys=False).encode())


def _entries() -> Iterable[dict[str, Any]]:
    for plugin in default_registry().plugins():
        for record in plugin.records:
            if record.local is not None:
                # Best effort, so that a library that is not installed keeps nobody from the rest.
                required = {} if record.name == "files" else {"required": False}
                yield {record.name: dict(record.local), **required}
