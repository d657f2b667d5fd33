"""A config as it is used, as YAML."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import BaseReporter, Config, Secret
from newsdesk.config.document import Document
from newsdesk.config.effective import KEY, Effective
from newsdesk.config.printed import WIDTH, printed


class Anything(BaseReporter):
    """Takes anything."""

    def __init__(
        self,
        url: Any = None,
        place: Any = None,
        password: Any = None,
        it: Secret | None = None,
        **others: Any,
    ) -> None:
        pass

    def report(self, machine):
        pass


TARGET = f"{__name__}:Anything"
WORDS = [
    "yes",
    "NO",
    "null",
    "1",
    "1e3",
    "2020-01-01",
    "a: b",
    "a #b",
    "*a",
    "a:",
    "",
    " ",
    "~",
    "=",
    "/x",
    "${env:X}",
]
TEXTS = st.sampled_from(WORDS) | st.text(
    st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=5
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
DEFAULTS = {
    "retry": {"attempts": 8, "initial": 0.5, "maximum": 30.0},
    "deadline": 60.0,
    "outbox": None,
    "allow_import_paths": None,
    "plugins": [],
}


def of(value, env=None):
    effective = Effective.of(Document("", "c.yaml", value), env)
    return printed(effective, Config.of(effective))


@given(st.lists(st.dictionaries(st.sampled_from(["place", "others", "a b"]), VALUES), min_size=1, max_size=3))
def test_it_is_the_yaml_of_a_config_with_its_defaults(params):
    entries = [{TARGET: given, "label": str(index)} for index, given in enumerate(params)]
    assert yaml.safe_load(of({"reporters": entries})) == {"reporters": entries, **DEFAULTS}


@pytest.mark.parametrize("env", [None, "e"])
def test_what_is_given_takes_the_place_of_the_defaults(env):
    value = {
        "reporters": ["null", {TARGET: None, "required": False}],
        "retry": {"attempts": 3},
        "outbox": {"path": "owed.db", "drain": 1},
        "plugins": [],
    }
    text = of({**value, KEY: {"e": None}}, env)
    assert yaml.safe_load(text) == {
        **DEFAULTS,
        **value,
        "reporters": ["null", {TARGET: {}, "required": False}],
    }
    assert "  # default: initial: 0.5, maximum: 30.0" in text
    assert "  # default: options: null, max_bytes: null, max_age: null, attempts: 50" in text


def test_each_value_has_its_section_and_line():
    text = f"""\
reporters:
- {TARGET}:
    place: {{a: 1, b: [2]}}
deadline: 3
environments:
  e:
    reporters:
    - {TARGET}:
        place:
          b: [3]
    retry:
      attempts: 2
"""
    effective = Effective.of(Document.of(text, "c.yaml"), "e")
    lines = printed(effective, Config.of(effective)).splitlines()
    notes = {
        key.strip(): note
        for key, _, note in (
            re.split("( +# )", line) for line in lines[2:] if "  # " in line and "# default:" not in line
        )
    }
    assert notes == {
        f"- {TARGET}:": "e, line 8",
        "a: 1": "base, line 3",
        "b: [3]": "e, line 10",
        "attempts: 2": "e, line 12",
        "deadline: 3": "base, line 4",
        "outbox: null": "default",
        "allow_import_paths: null": "default",
        "plugins: []": "default",
    }


def test_long_defaults_are_wrapped_and_a_long_value_moves_no_other():
    text = of({"reporters": [{TARGET: {"place": "x" * 200}}]})
    assert max(len(line) for line in text.splitlines() if "xxx" not in line) <= WIDTH + len("  # default")


SECRETS = st.text(st.sampled_from("abcXYZ019@/:%$"), min_size=6, max_size=12).map(
    lambda text: f"hunter{text}2"
)


@given(SECRETS, st.sampled_from(["outer", "base", "e"]))
def test_a_secret_is_nowhere_wherever_it_is_planted(secret, where):
    """In a parameter declared as one, named like one, within a URL, as a default, in a mapping."""
    quoted = secret.replace("@", "").replace("/", "")
    params = {
        "it": secret,
        "password": [secret, {"a": secret}],
        "api_token": f"${{env:NEWSDESK_NONE:-{secret}}}",
        "url": f"https://u:{secret}@h/x",
        "place": {
            "client_secret": secret,
            "hook": f"https://h/?token={quoted}",
            "b": [{"auth": secret}],
        },
        "dsn": f"host=h password={secret}",
        "other_url": f"${{env:NEWSDESK_NONE:-https://u:{secret}@h/x}}",
    }
    outbox = {"path": "s3://b/x", "options": {"secret_access_key": secret, "sas_token": secret}}
    base = {"reporters": [{TARGET: params}], "outbox": outbox}
    laid = {"reporters": [TARGET]} if where == "base" else {"reporters": [{TARGET: params}]}
    text = of({**base, KEY: {"e": laid}}, None if where == "outer" else "e")
    assert "hunter" not in text
    assert text.count("***") >= 9


def test_what_a_public_parameter_has_is_shown():
    assert "region: eu" in of(
        {"reporters": ["null"], "outbox": {"path": "s3://b/x", "options": {"region": "eu"}}}
    )
