"""What a plugin may implement.

A whole plugin is one light module and one entry point::

    # my_plugin/plugin.py: imports nothing heavy
    from newsdesk import ReporterPlugin, hookimpl

    @hookimpl
    def newsdesk_reporters():
        yield ReporterPlugin("slack", "my_plugin.reporter:SlackReporter", aliases=("chat",))

    # pyproject.toml: the entry's name is the main reporter's name
    [project.entry-points.newsdesk]
    slack = "my_plugin.plugin"
"""

import re
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pluggy

from newsdesk.contract.receipt import Receipt
from newsdesk.contract.reporter import API_VERSION, OLDEST_API_VERSION, BaseReporter
from newsdesk.exceptions import PluginError
from newsdesk.machine import MachineKey
from newsdesk.plugins.definition import is_import_path

hookspec = pluggy.HookspecMarker("newsdesk")
hookimpl = pluggy.HookimplMarker("newsdesk")

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_SERVER_NAME = re.compile(r"[a-z][a-z0-9_]*")  # a part of a fixture's name, and so of an argument's


@dataclass(frozen=True)
class ReporterPlugin:
    """One reporter that a plugin offers; checked when it is made.

    Raises:
        PluginError: a name, an alias, a reporter or a version of the contract that cannot be used.
    """

    name: str
    """What a config calls it: lower-case letters, digits, `-` and `_`."""
    reporter: str | type[BaseReporter]
    """The class, or better its import path `"pkg.mod:Class"`, which is imported on first use."""
    aliases: tuple[str, ...] = ()
    """Other names and import paths for it; another reporter's name takes precedence."""
    summary: str = ""
    """One line for `newsdesk reporters`."""
    api_version: int = 1
    """The version of the contract that it was written for; the first if not given."""
    example: Mapping[str, Any] = field(default_factory=dict)
    """The parameters of a typical config, for `newsdesk init`; secrets as references, `${env:NAME}`."""
    local: Mapping[str, Any] | None = None
    """The parameters with which it needs no server, for `newsdesk demo`; None if it always does."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and its aliases."""
        return (self.name, *self.aliases)

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise PluginError(
                f"a reporter's name must be lower-case letters, digits, '-' and '_', but is {self.name!r}"
            )
        if self.api_version > API_VERSION:
            raise PluginError(
                f"the reporter {self.name!r} needs version {self.api_version} of newsdesk's contract, "
                f"and this newsdesk supports up to {API_VERSION}: upgrade newsdesk"
            )
        if self.api_version < OLDEST_API_VERSION:
            raise PluginError(
                f"the reporter {self.name!r} was written for version {self.api_version} of newsdesk's "
                f"contract, and this newsdesk keeps {OLDEST_API_VERSION} and later: upgrade the plugin"
            )
        if not _is_class(self.reporter) and not _is_path(self.reporter):
            raise PluginError(
                f"the reporter {self.name!r} must be a BaseReporter class or its import path "
                f"'pkg.mod:Class', but is {self.reporter!r}"
            )
        for field_name in ("example", "local"):
            params = getattr(self, field_name)
            if not isinstance(params, Mapping) and not (field_name == "local" and params is None):
                raise PluginError(
                    f"the field {field_name!r} of the reporter {self.name!r} must be a mapping of "
                    f"parameters, but is {params!r}"
                )
        for alias in self.aliases:
            if not _is_name(alias) and not _is_path(alias):
                raise PluginError(
                    f"the reporter {self.name!r} has the alias {alias!r}, "
                    "which is neither a name nor an import path"
                )


@dataclass(frozen=True)
class ServerPlugin:
    """A server that a plugin brings for tests; checked when it is made.

    Raises:
        PluginError: a name or an import path that cannot be used.
    """

    name: str
    """Its pytest fixture is `<name>_server`: lower-case letters, digits and `_`, a letter first."""
    serve: str
    """The import path `"pkg.mod:function"` of a context manager that runs it.

    It gets a folder (`pathlib.Path`) and gives the server's URL. It runs in a separate process, which ends
    it also when the tests are killed. Called again for the same folder, it finds what the server kept there.
    Where something is not installed it raises `newsdesk.testing.ServerMissing`, which says what to install.
    """

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and _SERVER_NAME.fullmatch(self.name)):
            raise PluginError(
                "a server's name must be lower-case letters, digits and '_', a letter first, "
                f"but is {self.name!r}"
            )
        if not _is_path(self.serve):
            raise PluginError(
                f"the server {self.name!r} must be the import path 'pkg.mod:function' of a context manager, "
                f"but is {self.serve!r}"
            )


@dataclass(frozen=True)
class CommandPlugin:
    """A command that a plugin adds to `newsdesk`; checked when it is made.

    Raises:
        PluginError: a name or an import path that cannot be used.
    """

    name: str
    """`newsdesk <name>`: lower-case letters, digits, `-` and `_`; newsdesk's own commands take precedence."""
    command: str
    """The import path `"pkg.mod:command"` of a command or group of click; it is imported on use."""
    summary: str = ""
    """One line for `newsdesk reporters`."""

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise PluginError(
                f"a command's name must be lower-case letters, digits, '-' and '_', but is {self.name!r}"
            )
        if not _is_path(self.command):
            raise PluginError(
                f"the command {self.name!r} must be the import path 'pkg.mod:command' of a command of click, "
                f"but is {self.command!r}"
            )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver a machine to a reporter."""

    machine: MachineKey
    """Which machine."""
    revision: str
    """Which content of it."""
    reporter: str
    """The reporter's label."""
    number: int
    """Which attempt of this delivery: 1 for the first."""


class HookSpecs:
    """The hooks; a plugin implements those that it needs, as functions of its module."""

    @hookspec
    def newsdesk_reporters(self) -> Iterable[ReporterPlugin]:  # type: ignore[empty-body]
        """Yield the reporters that the plugin offers.

        Called when a config asks for the entry point's name, or for a name that no entry point has. Yield
        `ReporterPlugin` records; give the class by its import path, so that nothing heavy is imported until
        it is used.

        Example:
            >>> from newsdesk import ReporterPlugin, hookimpl
            >>> @hookimpl
            ... def newsdesk_reporters():
            ...     yield ReporterPlugin("slack", "my_plugin.reporter:SlackReporter", aliases=("chat",))
        """

    @hookspec
    def newsdesk_receipt(self, receipt: Receipt) -> None:
        """Receive a receipt, for metrics or alerts.

        Called after each delivery, good or bad, in the process that made it, in a thread for this plugin. The
        delivery waits for it, until its deadline at most (but at least half a second, at most 30 seconds).
        While one call hangs there is no other, and the log has a warning. What it raises is logged and
        otherwise ignored.

        Example:
            >>> from newsdesk import hookimpl
            >>> @hookimpl
            ... def newsdesk_receipt(receipt):
            ...     if receipt.error is not None:
            ...         print(f"{receipt.machine} is not at {receipt.reporter}: {receipt.error}")
        """

    @hookspec
    def newsdesk_attempt(self, attempt: Attempt) -> Generator[None, Exception | None, None] | None:
        """Run around an attempt to deliver a machine, for traces: a function with one `yield`.

        What is before the `yield` runs before the reporter is called; what is after it runs when the reporter
        has returned, or when the deadline is over and the reporter is abandoned. The `yield` gives the
        attempt's error, without secrets, or None. The receipt comes later: `newsdesk_receipt`.

        Both parts run with the context variables of who reports, in the plugin's thread, in which its
        receipts come too. The reporter sees the context variables that the first part sets, so that a span is
        current while it runs; where it takes several machines in one request (`report_many`), those of the
        first machine.

        It cannot change or fail the attempt: what it raises is logged. The reporter waits for it, for a
        quarter of what is left of the deadline at most, and 30 seconds. While it hangs, attempts do without
        it, and the log has a warning; what it has begun, it ends when it goes on. An attempt that one of the
        plugin's own hooks makes is left out. So is what other processes do: an executor's, Dask's workers.

        Example:
            >>> import time
            >>> from newsdesk import hookimpl
            >>> @hookimpl
            ... def newsdesk_attempt(attempt):
            ...     began = time.monotonic()
            ...     error = yield
            ...     if error is not None:
            ...         seconds = time.monotonic() - began
            ...         print(f"attempt {attempt.number} at {attempt.reporter} failed after {seconds:.0f} s")
        """

    @hookspec
    def newsdesk_servers(self) -> Iterable[ServerPlugin]:  # type: ignore[empty-body]
        """Yield the servers that the plugin brings for tests, its own and those of others.

        Called when the plugin is loaded. `newsdesk.testing.fixtures` has a pytest fixture for each server
        of the installed plugins.

        Example:
            >>> from newsdesk import ServerPlugin, hookimpl
            >>> @hookimpl
            ... def newsdesk_servers():
            ...     yield ServerPlugin("slack", "my_plugin.testing:slack_server")
        """

    @hookspec
    def newsdesk_commands(self) -> Iterable[CommandPlugin]:  # type: ignore[empty-body]
        """Yield the commands that the plugin adds to `newsdesk`.

        Called when the plugin is loaded: for `newsdesk <name>` first the plugin whose entry point has that
        name, and if that does not add it, all. Name the command after the entry point, and give it
        subcommands. Newsdesk's own commands take precedence.

        Example:
            >>> from newsdesk import CommandPlugin, hookimpl
            >>> @hookimpl
            ... def newsdesk_commands():
            ...     yield CommandPlugin("slack", "my_plugin.cli:slack", summary="Print Slack's manifest.")
        """


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _is_path(value: object) -> bool:
    return isinstance(value, str) and is_import_path(value)


def _is_class(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseReporter)
