"""What the command logs to standard error, and how: options of every command, lines of text or of JSON."""

import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import click

_LEVELS = ("debug", "info", "warning", "error")
_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_KEY = __name__

_log = logging.getLogger("newsdesk.cli")


class Logs:
    """What one run of the command logs.

    Each of its options may come before the subcommand or after it; the later one counts.
    """

    def __init__(self) -> None:
        self.verbose = 0
        self.quiet = False
        self.log_level: str | None = None
        self.log_format: str | None = None
        self._undo: Callable[[], None] | None = None

    @property
    def is_json(self) -> bool:
        """Whether standard error has lines of JSON alone."""
        return self.log_format == "json"

    @property
    def has_own(self) -> bool:
        """Whether newsdesk's own logs are among it."""
        return self._level() is not None

    def set(self, name: str, value: Any) -> None:
        """Take an option, and log accordingly from now on."""
        setattr(self, name, value)
        self.apply()

    def apply(self) -> None:
        """Log as the options taken so far have it, until `end`."""
        self.end()
        level = self._level()
        handler = logging.StreamHandler(sys.stderr)
        if level is None:  # what Python prints by default, but masked
            handler.setLevel(logging.WARNING)
            handler.setFormatter(_Text("%(message)s"))
            handler.addFilter(lambda record: record.name.partition(".")[0] != "newsdesk")  # receipts have it
        else:
            handler.setFormatter(_Json() if self.is_json else _Text(_TEXT))
        self._undo = _add(logging.root, handler, level)

    def end(self) -> None:
        """Leave logging as it was before: the process may be another program's."""
        if self._undo is not None:
            self._undo()
            self._undo = None

    def _level(self) -> int | None:
        """Return the least level that is logged; None for nothing."""
        if self.log_level is not None:
            return int(getattr(logging, self.log_level.upper()))
        if self.verbose:
            return logging.INFO if self.verbose == 1 else logging.DEBUG
        if not self.is_json:
            return None
        return logging.WARNING if self.quiet else logging.INFO


def logs() -> Logs:
    """Return what the running command logs."""
    context = click.get_current_context(silent=True)
    if context is None:
        return Logs()
    root = context.find_root()
    if _KEY not in root.meta:
        root.meta[_KEY] = made = Logs()
        root.call_on_close(made.end)
    found: Logs = root.meta[_KEY]
    return found


def _add(logger: logging.Logger, handler: logging.Handler, level: int | None = None) -> Callable[[], None]:
    """Add a handler, and return what takes it away again."""
    before = logger.level
    logger.addHandler(handler)
    if level is not None:
        logger.setLevel(level)

    def undo() -> None:
        logger.removeHandler(handler)
        logger.setLevel(before)

    return undo


def plain(text: str) -> str:
    """Return a text in one line that no terminal takes for a command, whatever the names in it hold."""
    if text.isprintable():
        return text
    from newsdesk.builtin.display import shown  # noqa: PLC0415  (for names that few have)

    return shown(text, "utf-8")


def say(text: str, level: int = logging.INFO, *, colour: str | None = None) -> None:
    """Tell a person something on standard error; a program that reads JSON there gets a line of that.

    Nothing in it, such as a name, is taken for a command to the terminal; a password within a URL is masked.
    """
    from newsdesk.secrets import mask_text  # noqa: PLC0415  (`--help` says nothing here)

    text = "\n".join(map(plain, mask_text(text).split("\n")))
    if logs().is_json:
        _log.log(level, "%s", text.removeprefix("Error: ").removeprefix("Warning: "))
    elif level > logging.INFO or not logs().quiet:
        click.secho(text, err=True, fg=colour)


def options() -> list[click.Parameter]:
    """Make the options that every command has; of all commands, one environment variable sets each."""
    shared: dict[str, Any] = {"expose_value": False, "callback": _take}
    return [
        click.Option(
            ["-v", "--verbose"],
            envvar="NEWSDESK_VERBOSE",
            count=True,
            help="Log deliveries to standard error; -vv: also debug logs, with tracebacks.",
            **shared,
        ),
        click.Option(
            ["-q", "--quiet"],
            envvar="NEWSDESK_QUIET",
            is_flag=True,
            help="Print no receipts, progress or totals: only data, warnings and errors.",
            **shared,
        ),
        click.Option(
            ["--log-level"],
            envvar="NEWSDESK_LOG_LEVEL",
            type=click.Choice(_LEVELS, case_sensitive=False),
            help="Log from this level on; for --log-format json info by default, otherwise nothing.",
            **shared,
        ),
        click.Option(
            ["--log-format"],
            envvar="NEWSDESK_LOG_FORMAT",
            type=click.Choice(["text", "json"], case_sensitive=False),
            help="How to log; json: each line of standard error is a JSON object, also receipts and errors.",
            **shared,
        ),
    ]


def _take(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        logs().set(param.name or "", value)


class _Text(logging.Formatter):
    """Lines of text, with passwords within URLs and the secrets of the environment masked."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        from newsdesk.secrets import mask_text, of_environment  # noqa: PLC0415  (for those who log)

        return mask_text(super().format(record), of_environment())


class _Json(logging.Formatter):
    """One JSON object for each record; its keys are an interface, see `docs/reference-cli.md`."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        import json  # noqa: PLC0415  (for those who log)

        from newsdesk.secrets import mask_text, of_environment  # noqa: PLC0415  (the same)

        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{seconds}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (receipt := getattr(record, "receipt", None)) is not None:
            line["receipt"] = receipt.to_dict()
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        secrets = of_environment()
        # Escaped, so that a line stays one whatever a name holds, and any encoding can write it.
        return json.dumps(_masked(line, lambda text: mask_text(text, secrets)), ensure_ascii=True)


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    """Return a value with its texts masked."""
    if isinstance(value, dict):
        return {key: _masked(item, mask) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, mask) for item in value]
    return mask(value) if isinstance(value, str) else value
