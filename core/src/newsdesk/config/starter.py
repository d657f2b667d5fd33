"""Pure: a first config, with every key that it could have as a comment."""

import inspect
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

import yaml

from newsdesk.config.model import ConfigModel
from newsdesk.config.section import model_in
from newsdesk.contract.parameters.arguments import annotations, signature
from newsdesk.contract.parameters.docstrings import argument_texts
from newsdesk.contract.parameters.secrecy import Secrecy, secrecy
from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.types.json_schema import json_schema

WIDTH = 100
"""Characters of a line of comment, at most."""

_HEAD = """\
# The config of newsdesk. Keys after a # are not set, and shown with their defaults.
# Check it with `newsdesk check --ping`, then report with `newsdesk report FILE...`.
"""


@dataclass(frozen=True)
class Choice:
    """A reporter that the config is to have."""

    name: str
    """Its name."""
    reporter: type[BaseReporter]
    """Its class."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """The values of its parameters; secrets as references."""
    summary: str = ""
    """A one-line description."""


def starter_config(choices: Sequence[Choice], outbox: str | None) -> str:
    """Return the text of a config.

    Args:
        choices: Its reporters, in order.
        outbox: The path of its outbox; None for none.
    """
    lines = [*_HEAD.splitlines(), "reporters:"]
    for choice in choices:
        lines += _reporter(choice)
    for key in fields(ConfigModel):
        if key.name != "reporters":
            lines += ["", *_key(key, {"outbox": outbox})]
    return "\n".join(lines) + "\n"


def _reporter(choice: Choice) -> Iterator[str]:
    texts = argument_texts(choice.reporter.__doc__)
    others = [name for name in _named(choice.reporter) if name not in choice.params]
    if choice.summary:
        yield from _comment(choice.summary, 2)
    yield f"  - {choice.name}:" if choice.params else f"  - {choice.name}"
    for name, value in choice.params.items():
        yield from _comment(texts.get(name, ""), 6)
        yield f"      {name}: {_flow(value)}"
    for name in others:
        yield from _comment(texts.get(name, ""), 6)
        yield f"      #{name}: {_default(choice.reporter, name)}"
    yield from _comment("Whether its failure fails the report.", 4)
    yield "    #required: true"


def _named(cls: type[BaseReporter]) -> Mapping[str, inspect.Parameter]:
    parameters = signature(cls).parameters
    return {n: p for n, p in parameters.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


def _default(cls: type[BaseReporter], name: str) -> str:
    schema = json_schema(annotations(cls).get(name, Any))
    is_text = {"type": "string"} in (schema, *schema.get("anyOf", ()))
    if is_text and secrecy(cls, name) in (Secrecy.SECRET, Secrecy.GUESSED):
        return f"${{env:{name.upper()}}}"
    default = _named(cls)[name].default
    return _flow(default) if isinstance(default, str | int | float | None) else "..."


def _key(key: Field[Any], given: Mapping[str, Any]) -> Iterator[str]:
    model = model_in(key.type)
    yield from _comment(key.metadata.get("description") or (model.__doc__ if model else "") or "", 0)
    if given.get(key.name) is not None:
        yield f"{key.name}: {_flow(given[key.name])}"
    elif key.default is not MISSING:
        yield f"#{key.name}: {_flow(key.default)}"
    elif model is not None:
        keys = {k.name: k.default for k in fields(model) if k.default is not MISSING}
        yield f"#{key.name}: {_flow(keys)}"
    else:
        yield f"#{key.name}: []"


def _comment(text: str, indent: int) -> list[str]:
    prefix = f"{' ' * indent}# "
    return textwrap.wrap(
        " ".join(text.split()), WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_long_words=False
    )


def _flow(value: Any) -> str:
    """Give a value as YAML on one line."""
    plain = str(value).isprintable()  # else in double quotes with escapes, and on one line
    text: str = yaml.safe_dump(
        value,
        default_flow_style=True,
        default_style=None if plain else '"',
        width=float("inf"),
        allow_unicode=plain,
        sort_keys=False,
    )
    return text.removesuffix("\n").removesuffix("\n...")
