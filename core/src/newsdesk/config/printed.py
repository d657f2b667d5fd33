"""A config as it is used, as YAML: with defaults, and where each value is from; secrets are masked."""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from newsdesk.config.effective import KEY, Effective
from newsdesk.config.file import Config
from newsdesk.config.model import ConfigModel
from newsdesk.config.section import model_in
from newsdesk.contract.parameters.references import sources
from newsdesk.contract.parameters.secrecy import masked
from newsdesk.delivery.route import Route
from newsdesk.plugins.definition import Definition, parse
from newsdesk.secrets import mask_by_name

WIDTH = 100
"""Characters of a line of defaults, and before what says where a value is from, at most."""

_WORD = "null|true|false|yes|no|on|off|y|n"
# What means itself in YAML, outside of brackets.
_PLAIN = re.compile(rf"(?!(?:{_WORD})\Z)[a-z$/_](?:[\w$/{{}}.@%+=~*-]|:(?!\Z))*", re.IGNORECASE)


class _Line(NamedTuple):
    text: str
    """A key with its value, if that is on the same line."""
    note: str = ""
    """Where it is from."""


def printed(effective: Effective, config: Config) -> str:
    """Give a config as text.

    Args:
        effective: The config.
        config: What was made of it.
    """
    lines = [*_Printer(effective).lines(config)]
    column = max((len(text) for text, note in lines if note and len(text) <= WIDTH), default=0)
    noted = [f"{text:{column}}  # {note}" if note else text for text, note in lines]
    name = effective.document.name
    return "\n".join([f"# {name if name.isprintable() else repr(name)}{effective.where}", *noted])


class _Printer:
    def __init__(self, effective: Effective) -> None:
        self._effective = effective

    def lines(self, config: Config) -> Iterator[_Line]:
        """Give each key in the order of the reference."""
        given = self._effective.value
        for key in fields(ConfigModel):
            if key.name == "reporters" and config.routes:
                yield _Line("reporters:")
                for index, (entry, route) in enumerate(zip(given["reporters"], config.routes, strict=True)):
                    yield from self._reporter(parse(entry), route, f"reporters.{index}")
            elif key.name in given and key.name != KEY:
                value = mask_by_name(key.name, given[key.name])
                yield from self._value(key.name, value, given[key.name], key.name, 0)
                if isinstance(value, Mapping) and (model := model_in(key.type)):
                    yield from _defaults(_defaults_of(model), value, 2)
            elif key.name != KEY:
                default = key.default_factory() if callable(key.default_factory) else key.default
                shown = (
                    _defaults_of(model) if (model := model_in(key.type)) and default is not None else default
                )
                yield _Line(f"{key.name}: {_flow(shown)}", "default")

    def _reporter(self, definition: Definition, route: Route, path: str) -> Iterator[_Line]:
        target, params, options = definition.target, definition.params, definition.options
        own = f"{path}.{target}"
        if not params and not options:
            yield _Line(f"  - {_scalar(target)}", self._origin(path))
        else:
            yield _Line(f"  - {_scalar(target)}:{'' if params else ' {}'}", self._origin(own))
        for name, value in params.items():
            shown = masked(type(route.reporter), name, value)
            yield from self._value(name, shown, value, f"{own}.{name}", 6)
        yield from _defaults(route.reporter.masked_params(), params, 6)
        for name, value in options.items():
            yield from self._value(name, mask_by_name(name, value), value, f"{path}.{name}", 4)
        yield from _defaults({"label": route.label, "required": True, "spool": "on_failure"}, options, 4)

    def _value(self, key: object, shown: Any, given: Any, path: str, indent: int) -> Iterator[_Line]:
        """Give the lines of a key.

        Args:
            key: The key.
            shown: Its value, masked.
            given: Its value.
            path: Its path in the whole.
            indent: Blanks in front of it.
        """
        head = f"{' ' * indent}{_scalar(key)}:"
        if isinstance(shown, Mapping) and shown:
            yield _Line(head)
            for name, item in shown.items():
                yield from self._value(name, item, given[name], f"{path}.{name}", indent + 2)
            return
        yield _Line(
            f"{head} {_scalar(shown)}", "; ".join(filter(None, [self._origin(path), *sources(given)]))
        )

    def _origin(self, path: str) -> str:
        place = self._effective.origin(path)
        line = self._effective.document.line(place)
        env = self._effective.env
        section = env if env is None or place.startswith(f"{KEY}.") else "base"
        return ", ".join(filter(None, [section, f"line {line}" if line else ""]))


def _defaults(defaults: Mapping[str, Any], given: Mapping[str, Any], indent: int) -> Iterator[_Line]:
    """Give the defaults of what is not given, as a comment."""
    others = [f"{name}: {_scalar(value)}" for name, value in defaults.items() if name not in given]
    if others:
        prefix = f"{' ' * indent}# "
        text = f"default: {', '.join(others)}"
        wrapper = textwrap.TextWrapper(WIDTH, prefix, f"{prefix}  ", break_on_hyphens=False)
        wrapper.break_long_words = False
        yield from map(_Line, wrapper.wrap(text))


def _defaults_of(model: type[Any]) -> dict[str, Any]:
    return {
        key.name: key.default for key in fields(model) if isinstance(key.default, str | int | float | None)
    }


def _scalar(value: object) -> str:
    """Give what is alone on its line."""
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else _flow(value)


def _flow(value: Any) -> str:
    """Give what may be beside others on its line; JSON is YAML."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(str(key))}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if text.isprintable() else json.dumps(value, default=str).replace("\x7f", "\\x7f")


def _key(key: str) -> str:
    return key if key.isidentifier() and _PLAIN.fullmatch(key) else _flow(key)
