"""The page on compatibility lists the hooks and the contract as in the code."""

import inspect
import re
from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from newsdesk.contract.reporter import API_VERSION, OLDEST_API_VERSION, BaseReporter
from newsdesk.plugins.hookspecs import HookSpecs, ReporterPlugin

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/compatibility.md").read_text("utf-8")
ADVICE = "what plugins rely on has changed: tell it in docs/compatibility.md, and decide whether API_VERSION goes up"


def table(*header: str) -> list[list[str]]:
    """Return the rows of every table with such a header."""
    line = re.escape(f"| {' | '.join(header)} |")
    found = re.findall(rf"^{line}\n\|[ |-]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    rows = [line for rows in found for line in rows.splitlines()]
    # An escaped pipe is part of a cell.
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def signature(method: Callable[..., object]) -> str:
    """Return a signature without `self` and without the modules of types."""
    return re.sub(r"^\(self(, )?", "(", without_modules(str(inspect.signature(method))))


def bare(annotation: object) -> str:
    return without_modules(inspect.formatannotation(annotation))


def without_modules(text: str) -> str:
    return re.sub(r"[\w.]+\.(\w+)", r"\1", text).replace("'", "")


def public(cls: type) -> dict[str, str]:
    """Return the signatures of the public methods that a class itself defines."""
    return {
        name: signature(getattr(cls, name))
        for name in vars(cls)
        if name[0] != "_" and callable(getattr(cls, name))
    }


@pytest.mark.parametrize(("kind", "cls"), [("hook", HookSpecs), ("method", BaseReporter)])
def test_every_hook_and_every_method_is_told_with_its_signature(kind, cls):
    told = {name.strip("`"): text.strip("`") for name, text, _ in table(kind, "signature", "since")}
    assert told == public(cls), ADVICE


def _default(field):
    if field.default_factory is not MISSING:
        return repr(field.default_factory())
    return "" if field.default is MISSING else repr(field.default)


def test_every_field_of_a_plugins_record_is_told_with_its_type_and_default():
    told = [[cell.strip("`") for cell in row[:3]] for row in table("field", "type", "default", "since")]
    assert told == [[field.name, bare(field.type), _default(field)] for field in fields(ReporterPlugin)], (
        ADVICE
    )


def test_every_version_of_the_contract_is_listed_and_which_are_supported():
    rows = table("`api_version`", "since newsdesk", "what it added", "supported")
    assert [int(version) for version, *_ in rows] == list(range(1, API_VERSION + 1))
    assert [int(version) for version, *_, supported in rows if supported == "yes"] == list(
        range(OLDEST_API_VERSION, API_VERSION + 1)
    )


def test_nothing_is_said_to_be_newer_than_the_contract():
    rows = [
        *table("hook", "signature", "since"),
        *table("method", "signature", "since"),
        *table("field", "type", "default", "since"),
    ]
    assert {int(row[-1]) for row in rows} <= set(range(1, API_VERSION + 1))
