"""What `newsdesk show` does."""

import logging
import sys
from itertools import chain

import click

from newsdesk.cli import data
from newsdesk.cli.logs import say
from newsdesk.cli.sources.backend import NotFoundError
from newsdesk.cli.sources.sources import Sources
from newsdesk.cli.sources.unanswered import answered
from newsdesk.config.choice import ConfigChoice
from newsdesk.machine import Machine


def run(
    source: str,
    choice: ConfigChoice,
    reads_from: str | None,
    project: str | None,
    *,
    everywhere: bool,
    as_json: bool,
) -> int:
    """Run the command, and return its exit code."""
    if everywhere and as_json:
        raise click.UsageError("give --everywhere or --json, not both")
    with Sources(choice, reads_from, project) as sources:
        if everywhere and not sources.config.routes:
            raise click.UsageError("--everywhere needs a config with reporters")
        try:
            with answered():
                machine = sources.one(source)
        except NotFoundError as error:
            say(f"Error: {error}", logging.ERROR)
            return 1
        if as_json:
            data.echo(machine.to_json())
        else:
            _print(machine, sources, sources.place(source), everywhere=everywhere)
    return 0


def _print(machine: Machine, sources: Sources, place: str, *, everywhere: bool) -> None:
    from rich.console import Console  # noqa: PLC0415  (not for --json)

    from newsdesk.cli.pages.page import Page  # noqa: PLC0415  (the same)

    console = Console(file=sys.stdout)
    page = Page(machine, console, sys.stdout.encoding or "utf-8")
    sections = page.sections(place)
    if everywhere:
        from newsdesk.cli.pages.places import places  # noqa: PLC0415  (for those who ask)

        sections = chain(sections, [page.places(places(machine, sources))])
    if sys.stdout.isatty():
        console.print(*sections)
        return
    with console.capture() as capture:
        console.print(*sections)
    for line in capture.get().splitlines():  # rich fills each with spaces
        click.echo(line.rstrip())
