"""What `newsdesk diff` does."""

from typing import Literal

import click

from newsdesk import canonical
from newsdesk.cli import data
from newsdesk.cli.comparing import diff_markdown, diff_text
from newsdesk.cli.sources.sources import Sources
from newsdesk.cli.sources.unanswered import answered
from newsdesk.comparison.difference import diff
from newsdesk.config.choice import ConfigChoice

Form = Literal["text", "json", "markdown"]


def run(
    before: str,
    after: str,
    choice: ConfigChoice,
    reads_from: str | None,
    project: str | None,
    *,
    volatile: bool,
    form: Form,
) -> int:
    """Run the command, and return its exit code."""
    with Sources(choice, reads_from, project) as sources, answered():
        difference = diff(sources.one(before), sources.one(after), volatile=volatile)
    if form == "json":
        data.echo(canonical.dumps(difference.to_dict()))
    elif form == "markdown":
        for line in diff_markdown.lines(difference, before, after):
            data.echo(line)
    else:
        for text, colour in diff_text.lines(difference, before, after):
            click.secho(text, fg=colour)
    return 1 if difference else 0
