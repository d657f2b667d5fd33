"""Values and their annotated types: what fits, what is converted, and the type as a JSON Schema."""

import dataclasses
import datetime as dt
import decimal
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, TypedDict

import pytest
from newsdesk.contract.types.fit import fit
from newsdesk.contract.types.json_schema import json_schema
from newsdesk.contract.types.misfit import How


class Place(TypedDict):
    row: int
    note: NotRequired[str]


class Point(NamedTuple):
    x: int
    y: int = 0


@dataclasses.dataclass
class Server:
    host: str
    port: int = 1

    def __post_init__(self):
        if self.port < 0:
            raise ValueError("hunter2")


@dataclasses.dataclass(frozen=True)
class Within:
    ge: int | None = None
    lt: int | None = None
    max_length: int | None = None


Small = Annotated[int, Within(ge=1, lt=5)]
Short = Annotated[list[int], Within(max_length=1)]


def misfits(annotation, value, how=How.EXACT):
    return [(misfit.at, misfit.must) for misfit in fit(annotation, value, how)[1]]


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Any, ...),
        (object, 5),
        ("Unresolved", 5),
        ([int], 5),
        (float, 5),
        (int | None, None),
        (Literal[1, "a", None], None),
        (Mapping[str, Sequence[int]], {"a": (1, 2)}),
        (tuple[int, ...], (1, 2)),
        (tuple[int, str], (1, "a")),
        (Place, {"row": 1, "more": 2}),
        (Point, [1]),
        (type[Exception], ValueError),
        (type, int),
        (Callable[[int], int], len),
        (Iterable[int], "ab"),
        (NewType("Port", int), 5),
        (Small, 4),
        (Small | None, None),
        (dt.date, dt.date(2020, 1, 1)),
    ],
    ids=str,
)
def test_what_fits_is_left_as_it_is(annotation, value):
    assert misfits(annotation, value) == []


@pytest.mark.parametrize(
    ("annotation", "value", "found"),
    [
        (list[int], ["a", 1, "b"], [((0,), "must be a valid integer"), ((2,), "must be a valid integer")]),
        (dict[str, list[int]], {"a b": [1, "x"]}, [(("a b", 1), "must be a valid integer")]),
        (dict[int, str], {"a": "b"}, [(("a",), "must be a valid integer")]),
        (str | list[int], ["x"], [((), "must be a valid string"), ((0,), "must be a valid integer")]),
        (tuple[int, str], (1,), [((), "must have 2 items")]),
        (Place, {"note": 1}, [((), "must have the key 'row'"), (("note",), "must be a valid string")]),
        (Place, [1], [((), "must be a valid dictionary")]),
        (Point, ["a"], [(("x",), "must be a valid integer")]),
        (Server, {"host": "h"}, [((), "must be an instance of Server")]),
        (Small, 0, [((), "must be greater than or equal to 1")]),
        (Small, 5, [((), "must be less than 5")]),
        (Short, [1, 2], [((), "must have a length of at most 1")]),
        (Literal[1], True, [((), "must be 1")]),
        (type[Exception], int, [((), "must be a subclass of Exception")]),
        (type, 5, [((), "must be a type")]),
        (Callable[[int], int], 5, [((), "must be callable")]),
        (float, 10**400, [((), "must be a valid number")]),
        (type(None), 5, [((), "must be None")]),
    ],
    ids=str,
)
def test_every_misfit_is_given_with_where_it_is(annotation, value, found):
    assert misfits(annotation, value) == found


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (int, " +1_000.0 ", 1000),
        (float, "1e3", 1000.0),
        (bool, "No", False),
        (int | str, "5", "5"),
        (int | float, "5.5", 5.5),
        (float | None, "5", 5.0),
        (list[int], ["5", 6], [5, 6]),
        (tuple[int, ...], ["5"], (5,)),
        (set[int], ["5"], {5}),
        (dict[str, int], {"a": "5"}, {"a": 5}),
        (Place, {"row": "5"}, {"row": 5}),
        (Point, ["5"], Point(5)),
        (Server, {"host": "h", "port": "5"}, Server("h", 5)),
        (Path, "/x", Path("/x")),
        (bytes, "x", b"x"),
        (dt.datetime, "2020-01-01T00:00:00Z", dt.datetime(2020, 1, 1, tzinfo=dt.UTC)),
        (decimal.Decimal, "5.5", decimal.Decimal("5.5")),
        (uuid.UUID, "0" * 32, uuid.UUID(int=0)),
    ],
    ids=str,
)
def test_a_text_is_converted(annotation, text, value):
    fitted, found = fit(annotation, text, How.TEXT)
    assert (fitted, type(fitted), found) == (value, type(value), [])


@pytest.mark.parametrize(
    ("annotation", "text", "must"),
    [
        (int, "5.5", "must be a valid integer, unable to parse string as an integer"),
        (int, "1" * 5000, "must be a valid integer, unable to parse string as an integer"),
        (bool, "maybe", "must be a valid boolean, unable to interpret input"),
        (decimal.Decimal, "x", "must be an instance of Decimal"),
        (dt.date, "x", "must be an instance of date"),
        (dt.timedelta, "x", "must be an instance of timedelta"),
        (list[int], "5", "must be a valid list"),
        (Server, {"host": "h", "port": "-1"}, "must be an instance of Server"),
    ],
)
def test_a_text_that_cannot_be_converted_is_a_misfit(annotation, text, must):
    assert misfits(annotation, text, How.TEXT) == [((), must)]


class Node(TypedDict):
    inner: "list[Node]"


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (Literal["a"], {"const": "a", "type": "string"}),
        (Literal[1, "a"], {"enum": [1, "a"]}),
        (None | str, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        (type[int] | str | None, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        (dict, {"additionalProperties": True, "type": "object"}),
        (dict[str, Any], {"additionalProperties": True, "type": "object"}),
        (set[int], {"items": {"type": "integer"}, "type": "array", "uniqueItems": True}),
        (tuple[int, ...], {"items": {"type": "integer"}, "type": "array"}),
        (Small, {"exclusiveMaximum": 5, "minimum": 1, "type": "integer"}),
        (Short, {"items": {"type": "integer"}, "maxItems": 1, "type": "array"}),
        (dt.date, {"format": "date", "type": "string"}),
        (Path, {"format": "path", "type": "string"}),
        (Server, {}),
        (list[Server], {}),
        (Node, {}),
    ],
    ids=str,
)
def test_a_type_as_a_json_schema(annotation, schema):
    assert json_schema(annotation) == schema


# What the page of the tutorial names, besides what is imported here.
NAMED = {
    **globals(),
    "Ge": lambda limit: Within(ge=limit),
    "Decimal": decimal.Decimal,
    "date": dt.date,
    "nothing": Any,
}
PAGE = Path(__file__).parents[4] / "docs/first-plugin.md"
ROW = re.compile(r"^\| (.+?) \| (.*?) ?\| (.*?) ?\|$", re.MULTILINE)


def cells():
    """Return each annotation of the page's table with what it accepts and rejects."""
    table = PAGE.read_text("utf-8").partition("| annotation | accepts | rejects |")[2].partition("\n\n")[0]
    rows = [
        [[eval(code.replace("OR", "|"), NAMED) for code in re.findall(r"`([^`]+)`", cell)] for cell in row]
        for row in ROW.findall(table.replace("\\|", "OR"))
    ]
    return [
        (annotation, accepts, rejects)
        for annotations, accepts, rejects in rows
        for annotation in annotations
        if annotation not in (TypedDict, NamedTuple)
    ]


@pytest.mark.parametrize(("annotation", "accepts", "rejects"), cells(), ids=str)
def test_the_page_says_what_an_annotation_accepts(annotation, accepts, rejects):
    assert [value for value in accepts if misfits(annotation, value)] == []
    assert [value for value in rejects if not misfits(annotation, value)] == []


def test_the_page_lists_annotations():
    assert len(cells()) >= 15


def test_the_bounds_of_a_pydantic_field_are_read_and_a_model_accepts_its_instances_alone():
    pydantic = pytest.importorskip("pydantic", minversion="2")
    annotation = Annotated[int, pydantic.Field(ge=1, lt=5)]
    assert misfits(annotation, 4) == []
    assert misfits(annotation, 0) == [((), "must be greater than or equal to 1")]
    assert json_schema(annotation) == {"exclusiveMaximum": 5, "minimum": 1, "type": "integer"}
    model = pydantic.create_model("Model", x=(int, ...))
    assert misfits(model, model(x=1)) == []
    assert misfits(model, {"x": 1}) == [((), "must be an instance of Model")]
