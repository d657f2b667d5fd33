"""The config's JSON Schema: it takes what a config may be, and refuses what it can."""

import json
import math
from collections.abc import Mapping
from typing import Any, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from newsdesk.builtin.registry import new_registry
from newsdesk.config.file import Config
from newsdesk.config.schema import Offer, config_schema, offers
from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import DefinitionError
from newsdesk.secrets import Secret


class Place(TypedDict):
    """A parameter with keys of its own."""

    row: int


class Sample(BaseReporter):
    """Takes all kinds of parameters.

    Args:
        size: how large.
    """

    def __init__(
        self,
        first: str,
        size: int = 3,
        *,
        token: Secret = "the default secret",
        rates: Mapping[str, float] | None = None,
        flags: list[bool] | None = None,
        place: Place = None,
        span: tuple[int, int] | None = None,
        timeout: float = math.inf,
        headers: dict[str, Any] | None = None,
        client: Any = None,
        kind: "NoSuchType" = None,  # noqa: F821  (what cannot be resolved)
        **others: str,
    ) -> None:
        pass

    def report(self, machine):
        pass


SCHEMA = config_schema([Offer("sample", Sample, "a sample"), Offer("old.pkg.Sample", Sample)])


def faults(config, schema=SCHEMA):
    return [error.message for error in Draft202012Validator(schema).iter_errors(config)]


def parameters(name):
    return SCHEMA["$defs"][f"{__name__}.Sample"]["properties"][name]


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


ACCEPTED = [
    {},
    {"reporters": []},
    {"reporters": ["sample", "my_pkg.Slack", "my_pkg:Slack", None]},
    {"reporters": [{"sample": {"first": "x"}, "required": "spooled", "spool": "always", "label": "it"}]},
    {"reporters": [{"sample": {"first": "x", "size": "${env:SIZE}"}}]},
    {"reporters": [{"sample": {"first": "x", "rates": {"a": 1, "b": "${env:RATE}"}, "flags": ["${env:F}"]}}]},
    {"reporters": [{"sample": {"first": "x", "place": {"row": 1}, "span": [1, 2], "timeout": 3}}]},
    {"reporters": [{"sample": {"first": "x", "place": {"row": "${env:ROW}"}, "span": [1, "${env:END}"]}}]},
    {"reporters": [{"sample": {"first": "x", "headers": {"a": 1, "b": [{}]}}}]},
    {"reporters": [{"sample": {"first": "x", "client": [1, {}], "kind": 3, "another": "of **others"}}]},
    {"reporters": [{"sample": {"first": "x"}, "redact": ["a.*"], "when": {"name": "x", "b": ["y", "z"]}}]},
    {"reporters": [{"my_pkg.Slack": {"whatever": 1}}, {"my_pkg.Slack": None, "label": "x"}]},
    {"outbox": "owed.db"},
    {"outbox": {"path": "owed.db", "max_age": 3.5}},
    {"retry": {"attempts": 1}, "deadline": 5, "allow_import_paths": ["my_pkg"], "plugins": ["alerts"]},
    {"environments": {"dev": {}, "prod": None}},
    {
        "environments": {
            "dev": {"reporters": ["a label", None, {"sample": None, "label": "x"}, {"my_pkg.Slack": {}}]}
        }
    },
    {"environments": {"dev": {"outbox": {"max_age": 3}, "retry": {"attempts": 1}, "deadline": 5}}},
    {"reporters": [{"sample": {}}], "outbox": {"max_age": 3}, "environments": {"dev": {"outbox": "owed.db"}}},
]

REFUSED = [
    [],
    {"reportes": []},
    {"reporters": "sample"},
    {"reporters": ["smaple"]},
    {"reporters": [{"smaple": {}}]},
    {"reporters": [{}]},
    {"reporters": [{"label": "x"}]},
    {"reporters": [{"sample": {}}]},
    {"reporters": [{"sample": {"first": 1}}]},
    {"reporters": [{"sample": {"first": "x", "size": "large"}}]},
    {"reporters": [{"sample": {"first": "x", "flags": [3]}}]},
    {"reporters": [{"sample": {"first": "x", "headers": [3]}}]},
    {"reporters": [{"sample": {"first": "x", "place": {"row": "first"}}}]},
    {"reporters": [{"sample": {"first": "x", "span": [1, "end"]}}]},
    {"reporters": [{"old.pkg.Sample": {"first": "x", "size": "large"}}]},
    {"reporters": [{"sample": {"first": "x"}, "required": "maybe"}]},
    {"reporters": [{"sample": {"first": "x"}, "lable": "x"}]},
    {"reporters": [{"sample": {"first": "x"}, "label": ""}]},
    {"reporters": [{"sample": {"first": "x"}, "redact": "a"}]},
    {"reporters": [{"sample": {"first": "x"}, "redact": [1]}]},
    {"reporters": [{"sample": {"first": "x"}, "when": {"name": []}}]},
    {"reporters": [{"sample": {"first": "x"}, "when": {}}]},
    {"outbox": ""},
    {"outbox": {"max_bytes": 1}},
    {"deadline": 0},
    {"retry": {"attempts": 0}},
    {"environments": []},
    {"environments": {"dev": 3}},
    {"environments": {"dev": {"deadlin": 3}}},
    {"environments": {"dev": {"deadline": 0}}},
    {"environments": {"dev": {"outbox": {"max_age": "long"}}}},
    {"environments": {"dev": {"reporters": [{"sample": {"size": "large"}}]}}},
    {"environments": {"dev": {"environments": {}}}},
    {"reporters": ["smaple"], "environments": {}},
]


@pytest.mark.parametrize("config", ACCEPTED, ids=str)
def test_what_a_config_may_be_is_accepted(config):
    assert faults(config) == []


@pytest.mark.parametrize("config", REFUSED, ids=str)
def test_what_no_config_is_is_refused(config):
    assert faults(config) != []


def test_a_parameter_is_told_with_the_text_of_its_docstring_and_its_default():
    assert parameters("size") == {
        "anyOf": [{"type": "integer"}, {"$ref": "#/$defs/Reference"}],
        "description": "how large.",
        "default": 3,
    }


def test_the_default_of_a_secret_is_not_told():
    assert parameters("token") == {"type": "string"}


def test_a_default_that_json_cannot_say_is_not_told():
    assert "default" not in parameters("timeout")
    assert json.loads(json.dumps(SCHEMA, allow_nan=False)) == SCHEMA


def test_a_parameter_without_a_type_that_can_be_told_takes_all():
    assert parameters("client") == {"default": None}
    assert parameters("kind") == {"default": None}


WORDS = st.sampled_from(
    [
        "files",
        "console",
        "null",
        "path",
        "stream",
        "required",
        "spool",
        "label",
        "spooled",
        "stderr",
        "a.B",
        "x",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.just("${env:X}") | WORDS,
    lambda inner: st.dictionaries(WORDS, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=4,
)
ENTRIES = st.dictionaries(st.sampled_from(["files", "console", "null", "required", "label", "x"]), VALUES)
OTHERS = {"deadline": VALUES, "outbox": VALUES, "retry": st.dictionaries(st.just("attempts"), VALUES)}
SECTIONS = st.fixed_dictionaries({"reporters": st.lists(ENTRIES | WORDS, max_size=2)}, optional=OTHERS)
CONFIGS = st.builds(
    lambda base, section: {**base, **({} if section is None else {"environments": {"e": section}})},
    SECTIONS,
    st.none() | SECTIONS,
)


@pytest.fixture(scope="module")
def built_in():
    offered, none = offers(new_registry())
    assert none == []
    return config_schema([offer for offer in offered if offer.reporter.__module__.startswith("newsdesk.")])


@given(config=CONFIGS)
def test_a_config_that_can_be_used_is_never_refused(built_in, config):
    import yaml

    try:
        for env in (None, *config.get("environments", ())):
            Config.from_yaml(yaml.safe_dump(config), env=env)
    except DefinitionError:
        return
    assert faults(config, built_in) == []


def test_the_name_of_an_entry_point_stands_for_its_only_reporter(distribution):
    source = """
        from newsdesk import ReporterPlugin, hookimpl

        @hookimpl
        def newsdesk_reporters():
            yield ReporterPlugin("slack", "newsdesk.builtin.null:NullReporter", aliases=("chat",))
    """
    distribution("acme", {"acme_plugin": source}, entries={"acme": "acme_plugin"})
    offered, none = offers(new_registry())
    assert none == []
    assert [offer.name for offer in offered if offer.name in ("slack", "chat", "acme")] == [
        "slack",
        "chat",
        "acme",
    ]
