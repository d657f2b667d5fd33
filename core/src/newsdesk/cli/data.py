"""Standard output for data alone: what plugins print goes to standard error."""

import contextlib
import sys

import click

_KEY = f"{__name__}.stream"


def keep(ctx: click.Context) -> None:
    """Reserve standard output for what `echo` prints, until the command ends."""
    # The progress bar of a terminal must know what is printed.
    if _KEY not in ctx.meta and not sys.stdout.isatty():
        ctx.meta[_KEY] = sys.stdout
        ctx.with_resource(contextlib.redirect_stdout(sys.stderr))


def keep_when_asked(ctx: click.Context, _param: click.Parameter, value: bool) -> bool:  # noqa: FBT001  (click's signature)
    """Do so if an option is given; its callback."""
    if value and not ctx.resilient_parsing:
        keep(ctx)
    return value


def echo(text: str | bytes) -> None:
    """Print a line of data."""
    click.echo(text, file=click.get_current_context().meta.get(_KEY))


def is_on_terminal() -> bool:
    """Tell whether the command's standard output is a terminal, even while it is reserved."""
    stream = click.get_current_context().meta.get(_KEY) or sys.stdout
    return bool(stream.isatty())
