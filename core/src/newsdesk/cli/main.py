"""The command and its subcommands."""

import errno
import importlib
import io
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from newsdesk.cli import logs
from newsdesk.cli.stops import Stops, name_of
from newsdesk.exceptions import PluginError, ReporterException

if TYPE_CHECKING:
    from newsdesk.plugins.registry import Registry

_log = logging.getLogger(__name__)

_SECTIONS = {
    "deliver": {
        "report": "Deliver machines from files.",
        "plan": "Preview what `report` would send; no network.",
        "outbox": "Inspect, retry and clean up undelivered records.",
        "backfill": "Deliver machines that a reporter does not hold yet.",
        "missing": "List machines that a reporter does not hold yet.",
    },
    "read": {
        "list": "List the machines in a backend, with scores.",
        "show": "Show a machine: scores, training, durations.",
        "copy": "Copy machines from one backend to another.",
        "verify": "Compare what two backends hold.",
        "diff": "Show what changed between two machines.",
        "gate": "Fail if scores got worse than a baseline's.",
    },
    "setup": {
        "demo": "Report sample machines to local stores.",
        "init": "Write a first config.",
        "check": "Check the config, and with --ping its backends.",
        "doctor": "Diagnose an installation and list fixes.",
        "reporters": "List installed reporters, or one's parameters.",
        "schema": "Print the JSON Schema of a config, for editors.",
        "servers": "List servers for tests, or run one.",
        "new": "Create a plugin project for a reporter.",
    },
}
"""The folders of `commands`, and each command with what `--help` says of it, so that this imports none."""

_HELP = ["-h", "--help"]
"""The names of each command's help; click keeps those of its first use, which may be without its group."""

_COMMANDS = {name: text for section in _SECTIONS.values() for name, text in section.items()}


class _Commands(click.Group):
    """Imports a subcommand when it is asked for; turns errors and signals into exit codes."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run as a program does: a signal ends it in order, and sets the exit code."""
        if not kwargs.get("standalone_mode", True):  # then the signals are the caller's
            return super().main(*args, **kwargs)
        stops = Stops()
        try:
            try:
                stops.begin()
                return super().main(*args, **kwargs)
            finally:
                stops.end()
        except (SystemExit, KeyboardInterrupt, OSError):  # after SIGHUP the terminal cannot be written to
            if stops.exit_code is None:
                raise
            raise SystemExit(stops.exit_code) from None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  (the same)
        if cmd_name not in _COMMANDS:
            return _command_of_plugin(cmd_name)
        folder = next(folder for folder, names in _SECTIONS.items() if cmd_name in names)
        command: click.Command = importlib.import_module(f"newsdesk.cli.commands.{folder}.{cmd_name}").command
        command.name = cmd_name  # by the function's, each would be `command` in the reference
        command.short_help = _COMMANDS[cmd_name]
        _complete(command, f"newsdesk_{cmd_name}")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  (the same)
        for folder, section in _SECTIONS.items():
            with formatter.section(folder.capitalize()):
                formatter.write_dl(list(section.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            from newsdesk.contract.suggestions import did_you_mean  # noqa: PLC0415  (0.1 s, for a mistake alone)

            names = [
                *_COMMANDS,
                *(record.name for plugin in _registry().plugins() for record in plugin.commands),
            ]
            ctx.fail(
                f"there is no command {name!r}{did_you_mean(name, names)}; there are: {', '.join(names)}"
            )
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        if os.environ.get("NO_COLOR"):  # https://no-color.org; rich minds it, click does not
            ctx.color = False
        try:
            return super().invoke(ctx)
        except ReporterException as error:
            _log.debug("the command failed", exc_info=error)
            logs.say(f"Error: {error}", logging.ERROR)
            sys.exit(2)
        except click.ClickException as error:
            if not logs.logs().is_json:
                from newsdesk.secrets import mask_text  # noqa: PLC0415  (for a mistake alone)

                error.message = mask_text(error.message)  # type: ignore[misc]  # click reads it later
                raise
            logs.say(f"Error: {error.format_message()}", logging.ERROR)
            sys.exit(error.exit_code)
        except KeyboardInterrupt as stop:
            logs.say(f"Stopped by {name_of(stop)}.", logging.WARNING)
            sys.exit(1)
        except OSError as error:
            if error.errno == errno.EPIPE:  # `| head` has seen enough: click ends it in silence
                raise
            text = f"Error: {error}. Fix that and run it again; what was delivered is not delivered twice."
            logs.say(text, logging.ERROR)
            sys.exit(1)
        finally:
            if ctx.invoked_subcommand != "doctor" and not logs.logs().has_own:  # which say it themselves
                _warn_of_damaged_distributions()


def _complete(command: click.Command, variable: str) -> None:
    """Give a command the options of all, and each option an environment variable."""
    command.context_settings.setdefault("help_option_names", _HELP)
    if isinstance(command, click.Group):
        for name, subcommand in command.commands.items():
            _complete(subcommand, f"{variable}_{name}")
        return
    if any(param.name == "verbose" for param in command.params):
        return  # asked for before
    for param in command.params:
        if isinstance(param, click.Option) and param.envvar is None:
            option = max(param.opts, key=len).lstrip("-")
            param.envvar = f"{variable}_{option}".replace("-", "_").upper()
    command.params += logs.options()


def _registry() -> "Registry":
    from newsdesk.builtin.registry import default_registry  # noqa: PLC0415  (for a command that is not ours)

    return default_registry()


def _command_of_plugin(name: str) -> click.Command | None:
    if (found := _registry().command(name)) is None:
        return None
    from newsdesk.plugins import commands  # noqa: PLC0415  (for a command that is not ours)

    plugin, record = found
    command = commands.imported(plugin, record)
    if not isinstance(command, click.Command):
        raise PluginError(
            f"the command {name!r} of {plugin.origin} must be a command of click, but {record.command} is "
            f"of type {type(command).__name__}"
        )
    command.name = name
    return command


def _warn_of_damaged_distributions() -> None:
    """Name those that were met: a plugin may be missing by them, and other libraries stumble over them."""
    if (entry_points := sys.modules.get("newsdesk.plugins.entry_points")) is not None:
        for fault in entry_points.damaged():
            logs.say(f"Warning: {fault}", logging.WARNING)


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001  (click's signature)
    if value and not ctx.resilient_parsing:
        from newsdesk.plugins.distributions import version_of  # noqa: PLC0415  (for those who ask for it)

        click.echo(f"newsdesk {version_of('newsdesk')}")
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": _HELP})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
def main() -> None:
    """Deliver the records of finished ML builds to MLflow, PostgreSQL and other backends."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a record may hold what the terminal's encoding does not
            stream.reconfigure(errors="backslashreplace")
    logs.logs().apply()


main.params += logs.options()
