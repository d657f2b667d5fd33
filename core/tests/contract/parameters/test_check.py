import dataclasses
import enum
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.contract.parameters.check import check, coerce
from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.secrets import Secret

if TYPE_CHECKING:
    from somewhere import Client


class Reporter:
    def __init__(
        self,
        host: str,
        *,
        port: int = 5432,
        password: Secret = "",
        timeout: float | None = None,
        mode: Literal["a", "b"] = "a",
        tags: Mapping[str, str] | None = None,
        hosts: Sequence[str] = (),
        path: str | os.PathLike[str] = "",
        untyped=None,
        guarded: "Client | None" = None,
        api_token: str = "",
        settings: Mapping[str, int] | None = None,
    ):
        pass


class Open:
    def __init__(self, *args: int, host: str = "", **kwargs):
        pass


@dataclasses.dataclass
class Data:
    host: str
    tags: dict[str, str] = dataclasses.field(default_factory=dict)


class Custom:
    pass


class Typed:
    def __init__(self, custom: Custom, kind: type = int):
        pass


class Color(enum.Enum):
    RED = "red"


class Converted:
    def __init__(
        self,
        folder: Path | None = None,
        colors: Mapping[str, Color] | None = None,
        tags: tuple[str, ...] = (),
        folder_or_text: str | Path = "",
    ):
        pass


def faults(cls, **params):
    return list(map(str, check(cls, params)))


def test_right_parameters_have_no_faults(tmp_path):
    assert faults(
        Reporter, host="h", port=1, password="p", timeout=5, mode="b", tags={"a": "b"}, hosts=["h"], path=tmp_path,
        untyped=object(), guarded=5,
    ) == []  # fmt: skip
    assert faults(Data, host="h", tags={}) == []
    assert faults(Typed, custom=Custom(), kind=str) == []


def test_unknown_missing_and_wrong_parameters_are_told_at_once():
    assert faults(Data, hots="h", tags=5, other=1) == [
        "hots: unknown parameter (did you mean 'host'?); Data takes host, tags",
        "other: unknown parameter; Data takes host, tags",
        "host: missing; Data requires it",
        "tags: must be a valid dictionary, but is 5",
    ]


def test_a_class_that_takes_any_parameter_has_no_unknown_ones_but_wrong_ones():
    assert faults(Open, anything=1, host=5) == ["host: must be a valid string, but is 5"]


def test_a_class_without_parameters_says_so():
    class Bare:
        def __init__(self):
            pass

    assert faults(Bare, x=1) == ["x: unknown parameter; Bare takes none"]


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("port", "5432", "port: must be a valid integer, but is '5432'"),
        ("port", True, "port: must be a valid integer, but is True"),
        ("timeout", "5", "timeout: must be a valid number, but is '5'"),
        ("mode", "c", "mode: must be 'a' or 'b', but is 'c'"),
        ("tags", {"a": 5}, "tags.a: must be a valid string, but is 5"),
        ("hosts", "h", "hosts: 'str' instances are not allowed as a Sequence value, but is 'h'"),
        ("host", None, "host: must be a valid string, but is None"),
        ("host", ["x" * 100], f"host: must be a valid string, but is ['{'x' * 75}..."),
        ("password", 5, "password: must be a valid string, but is ***"),
        ("api_token", 5, "api_token: must be a valid string, but is '***'"),
        ("settings", {"pwd": "x"}, "settings.pwd: must be a valid integer, but is '***'"),
        ("settings", {"n": "pg://u:hunter2@h"}, "settings.n: must be a valid integer, but is 'pg://u:***@h'"),
    ],
)
def test_a_wrong_value_is_told_with_what_it_must_be_and_never_shows_a_secret(name, value, fault):
    assert faults(Reporter, **{"host": "h", name: value}) == [fault]


def test_each_member_of_a_union_says_what_it_wants():
    class Either:
        def __init__(self, x: int | list[str]):
            pass

    assert faults(Either, x="a") == ["x: must be a valid integer or must be a valid list, but is 'a'"]


def test_an_own_class_is_checked_by_isinstance():
    (fault,) = faults(Typed, custom="x")
    assert fault == "custom: must be an instance of Custom, but is 'x'"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "folder",
            "/x",
            "folder: must be an instance of Path, but is '/x'; a config cannot give one, so let "
            "Converted take this as well and convert it",
        ),
        (
            "colors",
            {"a": "red"},
            "colors.a: must be an instance of Color, but is 'red'; a config cannot give one, "
            "so let Converted take this as well and convert it",
        ),
        (
            "tags",
            ["a"],
            "tags: must be a valid tuple, but is ['a']; a config cannot give one, so let Converted "
            "take this as well and convert it",
        ),
        ("colors", {"a": "blue"}, "colors.a: must be an instance of Color, but is 'blue'"),
        ("folder", 5, "folder: must be an instance of Path, but is 5"),
        ("folder", object, "folder: must be an instance of Path, but is <class 'object'>"),
    ],
)
def test_a_type_that_no_config_can_give_is_told_with_what_to_take_instead(name, value, told):
    assert faults(Converted, **{name: value}) == [told]


def test_what_takes_a_text_besides_is_right():
    assert faults(Converted, folder=Path("/x"), folder_or_text="/x") == []


@pytest.mark.parametrize("value", ["${env:PORT}", "1${env:PORT}"])
def test_a_reference_is_not_checked_before_it_is_resolved(value):
    assert faults(Reporter, host="h", port=value, tags={"a": value}) == []


class Colour(enum.Enum):
    RED = "red"


class Coerced:
    def __init__(
        self,
        *,
        port: int = 0,
        flag: bool = False,
        colour: Colour = Colour.RED,
        name: str = "",
        other=None,
        g: "Client" = None,
    ):
        pass


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("port", "5432", 5432),
        ("flag", "true", True),
        ("colour", "red", Colour.RED),
        ("name", "5", "5"),
        ("other", "5", "5"),
        ("g", "5", "5"),
        ("unknown", "5", "5"),
    ],
)
def test_text_is_coerced_to_the_type_that_is_asked_for(name, value, expected):
    found = []
    assert coerce(Coerced, name, value, found) == expected
    assert found == []


def test_text_that_does_not_fit_is_a_fault_without_the_text_which_may_be_a_secret():
    found = []
    assert coerce(Coerced, "port", "hunter2", found) == "hunter2"
    assert list(map(str, found)) == [
        "port: must be a valid integer, unable to parse string as an integer, but is ***"
    ]


@given(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=4))
def test_the_nearest_word_is_one_of_the_words_or_nothing(word, words):
    told = did_you_mean(word, words)
    assert told == "" or told in {f" (did you mean {other!r}?)" for other in words}


def test_words_are_listed_to_be_read():
    assert listed(["a", "b"]) == "a, b"
    assert listed([]) == "none"
    assert did_you_mean("Postgers", ["mlflow", "postgres"]) == " (did you mean 'postgres'?)"
    assert did_you_mean("xyz", ["mlflow"]) == ""
