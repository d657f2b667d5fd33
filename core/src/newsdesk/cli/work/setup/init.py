"""What `newsdesk init` does."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from newsdesk.atomic import write_atomically
from newsdesk.builtin.registry import default_registry
from newsdesk.cli.named import read_definition
from newsdesk.config.file import Config
from newsdesk.config.starter import Choice, starter_config
from newsdesk.contract.parameters.docstrings import argument_texts
from newsdesk.contract.parameters.references import is_reference
from newsdesk.contract.parameters.secrecy import Secrecy, secrecy
from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.exceptions import DefinitionError
from newsdesk.plugins.definition import Definition, parse
from newsdesk.secrets.reference import defaults

_OUTBOX = "newsdesk-outbox.db"
_DEFAULT = "files"


def run(to: Sequence[str], outbox: str | None, output: Path, *, force: bool) -> None:
    """Run the command."""
    if os.path.lexists(output) and not force:
        raise click.UsageError(f"{str(output)!r} exists; replace it with --force, or give another --output")
    if not output.absolute().parent.is_dir():
        raise click.UsageError(f"the folder {str(output.parent)!r} does not exist; give another --output")
    if to:
        choices = [_given(text) for text in to]
    elif _is_terminal():
        choices, outbox = _asked(), outbox or _asked_outbox()
    else:
        choices = [_choice(Definition(_DEFAULT))]
    text = starter_config(choices, outbox)
    Config.from_yaml(text)
    try:
        write_atomically(output.absolute(), text.encode())
    except OSError as error:
        raise click.ClickException(f"cannot write {str(output)!r}: {error.strerror}") from error
    option = "" if output.name == "newsdesk.yaml" and output.parent == Path() else f" --config {output}"
    click.echo(f"Wrote {output}. Next steps:\n")
    click.echo(f"  newsdesk check --ping{option}\n  newsdesk report{option} FILE...")


def _given(text: str) -> Choice:
    definition = parse(read_definition(text, "--to"))
    if definition.options:
        raise DefinitionError(
            f"--to {text!r} has {listed(definition.options)}; write that into the file afterwards"
        )
    return _choice(definition)


def _choice(definition: Definition) -> Choice:
    """Check a definition; without parameters, it gets those of its plugin's example.

    Raises:
        DefinitionError: it cannot be used, or has a secret in it.
    """
    registry = default_registry()
    cls, record = registry.find(definition.target), registry.owner(definition.target)
    params = definition.params or (record.example if record else {})
    for name, value in params.items():
        _refuse_plain_secret(cls, name, value)
    choice = Choice(definition.target, cls, params, record.summary if record else "")
    BaseReporter.from_dict({choice.name: dict(params)} if params else choice.name)
    return choice


def _refuse_plain_secret(cls: type[BaseReporter], name: str, value: Any) -> None:
    is_plain = bool(value) and (not is_reference(value) or bool(defaults(str(value))))
    if is_plain and secrecy(cls, name) in (Secrecy.SECRET, Secrecy.GUESSED):
        raise DefinitionError(
            f"{name} is a secret, which does not belong in a config: put it into the environment or a file, "
            f"and give a reference such as ${{env:{name.upper()}}}"
        )


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _asked() -> list[Choice]:
    records = {record.name: record for plugin in default_registry().plugins() for record in plugin.records}
    click.echo("Installed reporters:")
    for record in records.values():
        click.echo(f"  {record.name}: {record.summary}" if record.summary else f"  {record.name}")
    while True:
        names = [
            n.strip() for n in click.prompt("Report to (names, with commas)", default=_DEFAULT).split(",")
        ]
        unknown = [name for name in names if name not in records]
        if not unknown:
            return [_asked_choice(name, records[name].example) for name in dict.fromkeys(names)]
        hint = did_you_mean(unknown[0], [*records])
        click.echo(f"No installed reporter is called {unknown[0]!r}{hint}. Install its plugin first.")


def _asked_choice(name: str, example: Mapping[str, Any]) -> Choice:
    texts = argument_texts(default_registry().find(name).__doc__)
    while True:
        params = {key: _asked_value(name, key, value, texts.get(key, "")) for key, value in example.items()}
        try:
            return _choice(Definition(name, params))
        except DefinitionError as error:
            click.echo(f"{error}\nOnce more:")


def _asked_value(name: str, key: str, example: Any, text: str) -> Any:
    if text:
        click.echo(f"{name}.{key}: {text}")
    typed = click.prompt(f"{name}.{key}", default=str(example))
    # What is not typed as the example is a text has the type that YAML gives it, such as a number.
    return typed if isinstance(example, str) else yaml.safe_load(typed)


def _asked_outbox() -> str | None:
    question = "Keep records that cannot be delivered in a file, an outbox, for `newsdesk outbox send`?"
    if not click.confirm(question, default=True):
        return None
    return str(click.prompt("The outbox's file", default=_OUTBOX))
