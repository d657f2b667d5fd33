"""Arguments and options that several commands share."""

import functools
import math
import re
from collections.abc import Callable
from typing import Any

import click

from newsdesk.cli import data

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")


class Positive(click.FloatRange):
    """A finite number above 0, or from 0 on: to click, "nan" is within every range."""

    name = "number"

    def __init__(self, *, or_zero: bool = False) -> None:
        super().__init__(min=0, min_open=not or_zero)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a number; see `click.ParamType`."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


class Duration(Positive):
    """A time in seconds above 0: a number of them, or such as `90s`, `10m`, `1h30m`, `7d`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a duration; see `click.ParamType`."""
        text = str(value).strip()
        if not _DURATION.fullmatch(text):
            try:
                return super().convert(value, param, ctx)
            except click.BadParameter as error:
                known = "give a number of seconds, or such as 90s, 10m, 1h30m, 7d"
                self.fail(f"{error.message.rstrip('.')}; {known}", param, ctx)
        return super().convert(
            sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)), param, ctx
        )


def labels(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the labels of the config."""
    from newsdesk.cli import completion  # noqa: PLC0415  (only while a shell completes)

    return completion.labels(ctx, param, incomplete)


def _environments(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from newsdesk.cli import completion  # noqa: PLC0415  (only while a shell completes)

    return completion.environments(ctx, param, incomplete)


files = click.argument("files", nargs=-1, required=True, metavar="FILE...")
to = click.option(
    "--to",
    multiple=True,
    metavar="DEFINITION",
    shell_complete=labels,
    help="Deliver to this reporter instead of the config's: a label of the config, a name, an import path, "
    "or YAML such as '{files: {path: reports}}'. Can be repeated.",
)
reads_from = click.option(
    "--from",
    "reads_from",
    metavar="DEFINITION",
    shell_complete=labels,
    help="Read from this reporter: a label of the config, a name, an import path, or YAML. By default the "
    "config's only reporter that can be read.",
)
source = click.option(
    "--from",
    "source",
    required=True,
    metavar="DEFINITION",
    shell_complete=labels,
    help="Read from this reporter's backend: a label of the config, a name, an import path, or YAML.",
)
project = click.option("--project", metavar="PROJECT", help="The project of the machines.")
_config = click.option(
    "--config",
    "config_path",
    envvar="NEWSDESK_CONFIG",
    type=click.Path(exists=True, dir_okay=False),
    help="The config file; by default newsdesk.yaml in the working folder, if it exists.",
)
_ENV = "NEWSDESK_ENV"
_env = click.option(
    "--env",
    envvar=_ENV,
    metavar="NAME",
    shell_complete=_environments,
    help="The environment of the config to use; by default none, only the config's base.",
)


def config(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a config; it takes them as `choice`, a `ConfigChoice`."""

    @functools.wraps(command)
    def with_choice(*args: Any, config_path: str | None, env: str | None, **others: Any) -> Any:
        from newsdesk.config.choice import ConfigChoice  # noqa: PLC0415  (not for its help)

        source = click.get_current_context().get_parameter_source("env")
        option = _ENV if source is click.core.ParameterSource.ENVIRONMENT else "--env"
        return command(*args, choice=ConfigChoice(config_path, env, option), **others)

    return _config(_env(with_choice))


ping = click.option(
    "--ping",
    is_flag=True,
    help="Open each reporter, which may create what it needs, such as a table, and contact its backend; "
    "write to the outbox.",
)
workers = click.option("--workers", type=click.IntRange(min=1), help="Number of threads; 1 by default.")
dask = click.option(
    "--dask", metavar="ADDRESS", help="Use the workers of this Dask scheduler, such as tcp://host:8786."
)
as_json = click.option(
    "--json",
    "as_json",
    is_flag=True,
    callback=data.keep_when_asked,
    help="Print JSON Lines to standard output.",
)
