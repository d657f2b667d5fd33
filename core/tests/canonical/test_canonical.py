import base64
import dataclasses
import datetime as dt
import decimal
import enum
import json
import math
import os
import pathlib
import subprocess
import sys
import uuid
from collections import OrderedDict, UserDict, namedtuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import canonical
from newsdesk.canonical import MAX_DEPTH, MAX_DIGITS, MAX_FAULTS, dumps, loads, plain
from newsdesk.exceptions import Fault, MachineError

hostile_text = st.text(
    st.characters() | st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF) | st.just("\0"), max_size=8
)
numbers = st.integers() | st.integers(2**63 - 2, 2**64 + 2) | st.integers(-(2**70), -(2**62)) | st.booleans()
finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | numbers | finite | hostile_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(hostile_text, inner, max_size=4),
    max_leaves=12,
)


class Colour(enum.Enum):
    RED = "red"
    NUMBERS = (1, 2)


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Point:
    x: float
    y: object = None


@dataclasses.dataclass(slots=True)
class Slotted:
    set: int = 1
    never: int = dataclasses.field(init=False)


class HasDict:
    def __init__(self, form):
        self.form = form

    def to_dict(self):
        return self.form


class HasJson:
    def __init__(self, text):
        self.text = text

    def to_json(self):
        return self.text


Pair = namedtuple("Pair", "left right")

python_values = st.recursive(
    st.none()
    | numbers
    | st.floats()
    | hostile_text
    | st.binary(max_size=8)
    | st.datetimes(timezones=st.none() | st.timezones())
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.decimals()
    | st.uuids()
    | st.sampled_from(
        [Colour.RED, Colour.NUMBERS, Level.HIGH, pathlib.PurePosixPath("a/b"), 2j, object(), len]
    )
    | st.sampled_from(
        [
            np.float32(0.5),
            np.float64("nan"),
            np.int8(-3),
            np.bool_(True),
            np.str_("s"),
            np.datetime64("NaT", "s"),
        ]
    )
    | st.sampled_from(
        [
            pd.NaT,
            pd.NA,
            pd.Timestamp("2020-01-01", tz="Europe/Oslo"),
            np.complex64(1),
            np.array([[1.0, np.nan]]),
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(
            hostile_text | numbers | st.floats() | st.none() | st.binary(max_size=3) | st.dates(),
            inner,
            max_size=3,
        )
        | st.builds(Point, st.floats(), inner)
        | st.builds(HasDict, inner)
        | st.frozensets(numbers | hostile_text | st.floats(), max_size=3)
    ),
    max_leaves=8,
)


def is_plain(value):
    if isinstance(value, dict):
        return type(value) is dict and all(type(key) is str and is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return type(value) is list and all(map(is_plain, value))
    return value is None or type(value) in (str, int, bool) or (type(value) is float and math.isfinite(value))


def with_types(value):
    """Give a value in a form in which 1, 1.0 and True differ, and so do 0.0 and -0.0."""
    if isinstance(value, dict):
        return {key: with_types(item) for key, item in value.items()}
    return [with_types(item) for item in value] if isinstance(value, list) else repr(value)


def nested(levels, leaf=1):
    for _ in range(levels):
        leaf = [leaf]
    return leaf


def only_fault(value):
    copy, faults = plain(value)
    assert len(faults) == 1
    return copy, faults[0]


class TestPlain:
    @given(json_values)
    def test_what_is_json_already_stays_as_pythons_own_json_module_reads_it_back(self, value):
        copy, faults = plain(value)
        assert faults == []
        assert with_types(copy) == with_types(json.loads(json.dumps(value)))

    @given(json_values)
    def test_the_quick_way_and_the_slow_way_agree(self, value):
        assert with_types(plain(value)[0]) == with_types(canonical.conversion._walk(value)[0])

    @given(st.lists(json_values, max_size=3))
    def test_the_copy_shares_no_container_with_the_original(self, value):
        original = json.dumps(value)
        copy, _ = plain(value)
        copy.append("more")
        for item in copy:
            if isinstance(item, list):
                item.append("more")
            elif isinstance(item, dict):
                item["more"] = 1
        assert json.dumps(value) == original

    @given(python_values)
    def test_any_value_becomes_plain_json_or_a_fault_and_never_an_error(self, value):
        copy, faults = plain(value)
        assert is_plain(copy)
        assert all(isinstance(fault, Fault) and fault.message for fault in faults)
        assert with_types(loads(dumps(copy))) == with_types(copy)

    @given(python_values)
    def test_converting_twice_is_converting_once(self, value):
        copy, _ = plain(value)
        assert plain(copy) == (copy, [])

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (math.nan, "NaN"),
            (math.inf, "Infinity"),
            (-math.inf, "-Infinity"),
            ([1.5, math.nan], [1.5, "NaN"]),
            (np.float32("inf"), "Infinity"),
            (np.float64("nan"), "NaN"),
            (np.longdouble("-inf"), "-Infinity"),
            (np.longdouble("1.5"), 1.5),
            (np.array([1, 2], "g"), [1.0, 2.0]),
            (decimal.Decimal("1.10"), "1.10"),
            (decimal.Decimal("NaN"), "NaN"),
        ],
    )
    def test_a_number_without_a_json_form_becomes_a_string_that_python_and_postgresql_read_back(
        self, value, expected
    ):
        assert plain(value) == (expected, [])

    @pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
    def test_the_strings_for_such_numbers_are_read_back_by_float(self, text):
        assert plain(float(text)) == (text, [])

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (np.int64(-5), -5),
            (np.uint64(2**64 - 1), 2**64 - 1),
            (np.float32(0.5), 0.5),
            (np.bool_(False), False),
            (np.str_("x"), "x"),
            (np.bytes_(b"a"), "YQ=="),
            (np.array(3), 3),
            (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
            (np.array([]), []),
            (np.array([1.0, np.nan, -np.inf]), [1.0, "NaN", "-Infinity"]),
            (np.array([None, {1}, "a"], dtype=object), [None, [1], "a"]),
            (np.ma.array([1, 2], mask=[False, True]), [1, None]),
            (np.datetime64("2020-01-01T00:00:00.123456789"), "2020-01-01T00:00:00.123456789"),
            (np.datetime64("2020-01-01"), "2020-01-01"),
            (np.datetime64("NaT", "s"), "NaT"),
            (np.array(["2020-01-01", "NaT"], "M8[D]"), ["2020-01-01", "NaT"]),
            (np.timedelta64(5, "D"), "5 days"),
        ],
    )
    def test_numpy_scalars_and_arrays_become_what_they_hold(self, value, expected):
        copy, faults = plain(value)
        assert faults == []
        assert with_types(copy) == with_types(expected)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (pd.Timestamp("2020-01-01 12:00"), "2020-01-01T12:00:00"),
            (pd.Timestamp("2020-01-01", tz="Europe/Oslo"), "2020-01-01T00:00:00+01:00"),
            (pd.Timestamp("2020-01-01T00:00:00.123456789"), "2020-01-01T00:00:00.123456789"),
            (pd.NaT, "NaT"),
            (pd.Timedelta("90s"), 90.0),
            (pd.Series([1.5, 2.5], index=["a", "b"]), {"a": 1.5, "b": 2.5}),
            (pd.Series([1], index=[pd.Timestamp("2020-01-01")]), {"2020-01-01T00:00:00": 1}),
            (pd.DataFrame({"a": [1, 2]}), {"a": {"0": 1, "1": 2}}),
        ],
    )
    def test_pandas_values_become_what_they_hold(self, value, expected):
        assert plain(value) == (expected, [])

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (dt.datetime(2020, 1, 2, 3, 4, 5, 6), "2020-01-02T03:04:05.000006"),  # noqa: DTZ001  (a naive one on purpose)
            (dt.datetime(2020, 1, 2, tzinfo=dt.UTC), "2020-01-02T00:00:00+00:00"),
            (
                dt.datetime(2020, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=-3, minutes=-30))),
                "2020-01-02T00:00:00-03:30",
            ),
            (dt.date(2020, 1, 2), "2020-01-02"),
            (dt.time(3, 4), "03:04:00"),
            (dt.timedelta(days=1, seconds=0.5), 86400.5),
        ],
    )
    def test_dates_and_times_become_iso_8601_and_durations_seconds(self, value, expected):
        assert plain(value) == (expected, [])

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (Colour.RED, "red"),
            (Colour.NUMBERS, [1, 2]),
            (Level.HIGH, 3),
            ((1, "a"), [1, "a"]),
            (Pair(1, 2), [1, 2]),
            ({3, 1, 2}, [1, 2, 3]),
            (frozenset({"b", "a", 1}), ["a", "b", 1]),
            (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
            (UserDict({"a": (1,)}), {"a": [1]}),
            (b"\x00\xff", base64.b64encode(b"\x00\xff").decode()),
            (bytearray(b"a"), "YQ=="),
            (memoryview(b"a"), "YQ=="),
            (pathlib.PurePosixPath("a/b"), "a/b"),
            (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
            (Point(1.0, Point(math.nan)), {"x": 1.0, "y": {"x": "NaN", "y": None}}),
            (HasDict({"a": (1,)}), {"a": [1]}),
            (HasDict([1]), [1]),
            (HasJson('{"a": NaN}'), {"a": "NaN"}),
            (HasJson(b"[1]"), [1]),
            (2**64, 2**64),
            (-(2**63) - 1, -(2**63) - 1),
        ],
    )
    def test_everything_else_with_an_obvious_form_is_converted(self, value, expected):
        copy, faults = plain({"it": value})
        assert faults == []
        assert with_types(copy["it"]) == with_types(expected)

    def test_the_order_of_sets_does_not_depend_on_the_order_of_hashes(self):
        assert plain({"b", "a", "c"})[0] == plain({"c", "b", "a"})[0] == ["a", "b", "c"]

    def test_keys_that_are_no_strings_become_what_json_makes_of_them(self):
        keys = {
            2: "2", -1.5: "-1.5", True: "true", None: "null", math.nan: "NaN", math.inf: "Infinity", b"a": "YQ==",
            dt.date(2020, 1, 1): "2020-01-01", Colour.RED: "red", Level.HIGH: "3", np.int64(7): "7", np.str_("s"): "s",
        }  # fmt: skip
        assert plain(dict.fromkeys(keys, 0)) == (dict.fromkeys(keys.values(), 0), [])

    def test_two_keys_that_become_one_are_a_fault_and_the_first_is_kept(self):
        assert plain({"a": {1: "x", "1": "y"}}) == (
            {"a": {"1": "x"}},
            [Fault("a.1", "two keys become '1' in JSON; rename one of them")],
        )

    @pytest.mark.parametrize(
        ("key", "name"), [((1, 2), "builtins.tuple"), (frozenset(), "builtins.frozenset")]
    )
    def test_a_key_without_a_form_as_text_is_a_fault(self, key, name):
        assert plain({"a": {key: 1}}) == (
            {"a": {}},
            [Fault("a", f"a key of type {name} has no JSON form; use a string")],
        )

    def test_a_key_that_cannot_be_converted_at_all_is_told_once(self):
        copy, fault = only_fault({object: 1})
        assert copy == {}
        assert fault == Fault(
            "", "a value of type builtins.type has no JSON form; convert it, or give it a to_dict()"
        )

    def test_lone_surrogates_and_nul_stay_and_paired_surrogates_are_joined(self):
        assert plain(["a\0b", "\ud800", "\udc00\ud800", "\ud83d\ude00", {"\ud83d\ude00": 1}]) == (
            ["a\0b", "\ud800", "\udc00\ud800", "😀", {"😀": 1}],
            [],
        )

    @pytest.mark.parametrize("levels", [1, MAX_DEPTH - 1, MAX_DEPTH])
    @pytest.mark.parametrize("leaf", [1, (1,), "\ud800"])
    def test_nesting_up_to_the_limit_is_taken(self, levels, leaf):
        copy, faults = plain(nested(levels - (leaf == (1,)), leaf))
        assert faults == []
        assert loads(dumps(copy)) == copy

    @pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 2 * MAX_DEPTH, 20_000])
    def test_nesting_beyond_the_limit_is_a_fault(self, levels):
        _, fault = only_fault(nested(levels))
        assert fault == Fault("0.0.0.0.0.0.0.0.…", "nested deeper than 254 levels")

    def test_a_value_that_contains_itself_is_a_fault_at_the_place_where_it_does(self):
        value = {"a": [1]}
        value["a"].append(value)
        assert plain(value) == (
            {"a": [1, None]},
            [Fault("a.1", "builtins.dict contains itself; break the cycle")],
        )

    def test_a_value_that_contains_itself_many_times_ends_too(self):
        value = []
        value += [value] * 5
        copy, faults = plain(value)
        assert copy == [None] * 5
        assert faults == [Fault(str(i), "builtins.list contains itself; break the cycle") for i in range(5)]

    def test_cycles_of_objects_are_faults(self):
        point = Point(1.0)
        point.y = {"again": point}
        holder = HasDict(None)
        holder.form = [holder]
        assert [str(fault) for fault in plain([point, holder])[1]] == [
            f"0.y.again: {Point.__module__}.Point contains itself; break the cycle",
            f"1.0: {HasDict.__module__}.HasDict contains itself; break the cycle",
        ]

    def test_the_same_value_in_two_places_is_no_cycle(self):
        shared = {1}
        assert plain({"a": shared, "b": [shared, shared]}) == ({"a": [1], "b": [[1], [1]]}, [])

    def test_integers_have_as_many_digits_as_python_reads(self):
        longest = 10**MAX_DIGITS - 1
        copy, faults = plain([longest, -longest])
        assert faults == []
        assert loads(dumps(copy)) == [longest, -longest]
        message = "an integer of more than 4300 digits; give it as a string"
        assert plain([longest + 1, {-longest - 1: 1}]) == (
            [None, {}],
            [Fault("0", message), Fault("1", message)],
        )

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (
                object(),
                "a value of type builtins.object has no JSON form; convert it, or give it a to_dict()",
            ),
            (2j, "a value of type builtins.complex has no JSON form; convert it, or give it a to_dict()"),
            (Point, "a value of type builtins.type has no JSON form; convert it, or give it a to_dict()"),
            (np.complex64(1), "numpy values of dtype complex64 have no JSON form; split them into parts"),
            (
                np.zeros(1, [("a", "i4")]),
                "numpy values of dtype [('a', '<i4')] have no JSON form; split them into parts",
            ),
            (np.dtype("f8"), "a value of type numpy.dtypes.Float64DType has no JSON form"),
            (HasJson("{"), f"{HasJson.__module__}.HasJson.to_json() failed: "),
            (HasJson(None), f"{HasJson.__module__}.HasJson.to_json() failed: "),
            (Slotted(), f"{Slotted.__module__}.Slotted has fields never set: never"),
        ],
    )
    def test_what_has_no_form_is_a_fault_with_its_path(self, value, message):
        copy, fault = only_fault({"a": [0, value]})
        assert copy == {"a": [0, None]}
        assert fault.path == "a.1"
        assert fault.message.startswith(message)

    def test_a_to_dict_that_fails_is_a_fault_of_its_value_alone(self):
        class Broken:
            def to_dict(self):
                raise KeyError("scores")

        copy, fault = only_fault({"good": {1}, "bad": Broken()})
        assert copy == {"good": [1], "bad": None}
        assert fault == Fault(
            "bad", f"{Broken.__module__}.{Broken.__qualname__}.to_dict() failed: KeyError: 'scores'"
        )

    def test_a_to_dict_that_never_ends_is_a_fault(self):
        class Endless:
            def to_dict(self):
                return Endless()

        _, fault = only_fault(Endless())
        assert fault == Fault("", f"{Endless.__module__}.{Endless.__qualname__}.to_dict() never ends")

    def test_all_faults_are_given_at_once(self):
        _, faults = plain({"a": object(), "b": [2j, {"c": len}]})
        assert [fault.path for fault in faults] == ["a", "b.0", "b.1.c"]


HOSTILE = """
import dataclasses, datetime as dt, enum, json, sys, uuid
from collections import OrderedDict
from dateutil import tz

class Raises(dt.tzinfo):
    def utcoffset(self, when): raise RuntimeError("no offset")

class Overflows(dt.tzinfo):  # as pytz does at either end of the calendar
    def utcoffset(self, when): return (when.replace(tzinfo=None) - dt.timedelta(days=1)) - when

class TooFar(dt.tzinfo):
    def utcoffset(self, when): return dt.timedelta(days=9)

class NotATime(dt.tzinfo):
    def utcoffset(self, when): return "an hour"

class Moment(dt.datetime):
    def isoformat(self, *args): raise ValueError("not now")

class Colour(enum.Enum): RED = 1
class Level(enum.IntEnum): HIGH = 1
class Word(enum.StrEnum): A = "a"

@dataclasses.dataclass
class Point: x: int = dataclasses.field(init=False)

@dataclasses.dataclass(slots=True)
class Slotted: x: int = dataclasses.field(init=False)

@dataclasses.dataclass
class Lazy:
    x: int = 0
    def __getattribute__(self, name):
        if name == "x": raise RuntimeError("not loaded")
        return super().__getattribute__(name)

class Unnameable:
    @property
    def __class__(self): raise RuntimeError("no class")

class Silent(Exception):
    def __str__(self): raise RuntimeError

class Mute:
    def to_dict(self): raise Silent

class Forest:
    def to_dict(self): return {"left": Forest(), "right": Forest()}

class BadDict(dict):
    def items(self): raise RuntimeError("gone")

class BadList(list):
    def __iter__(self): raise RuntimeError("gone")

itself = object.__new__(Colour)
itself._value_ = itself
deep = []
for _ in range(100_000): deep = [deep]
HOSTILE = {
    "a tzinfo that raises": dt.datetime(2020, 1, 1, tzinfo=Raises()),
    "a time with one": dt.time(1, tzinfo=Raises()),
    "a tzinfo that overflows": dt.datetime(1, 1, 1, tzinfo=Overflows()),
    "tzlocal in the year 1": dt.datetime.min.replace(tzinfo=tz.tzlocal()),
    "an offset of days": dt.datetime(2020, 1, 1, tzinfo=TooFar()),
    "an offset that is none": dt.datetime(2020, 1, 1, tzinfo=NotATime()),
    "a subclass of datetime": Moment(2020, 1, 1),
    "such a key": {Moment(2020, 1, 1): 1},
    "an unset UUID": uuid.UUID.__new__(uuid.UUID),
    "an enum without a value": object.__new__(Colour),
    "an enum of numbers without one": int.__new__(Level, 1),
    "an enum of strings without one": str.__new__(Word, "a"),
    "an enum that is its own value": itself,
    "an unset dataclass": Point(),
    "an unset dataclass with slots": Slotted(),
    "a field that raises": Lazy(),
    "a class that raises": Unnameable(),
    "an error that raises": Mute(),
    "a to_dict that never ends, twice": Forest(),
    "a dict that raises": BadDict(a=1),
    "a list that raises": BadList([1]),
    "a deep list": deep,
    "a deep list of objects": OrderedDict(a=deep),
}
from newsdesk import canonical
from newsdesk.exceptions import MachineError
from newsdesk.machine import Machine

def faults(make, value):
    try: make(value)
    except MachineError as error: return [list(fault) for fault in error.faults][:3], len(error.faults)
    return None

def spoiled(value):
    machine = Machine("m")
    machine.metadata["a"] = value
    machine.to_json()

for name, value in HOSTILE.items():
    print(name, file=sys.stderr, flush=True)
    print(json.dumps([name, [
        faults(lambda value: Machine("m", metadata={"a": value}), value),
        faults(lambda value: canonical.dumps({"metadata": {"a": value}}), value),
        faults(spoiled, value),
    ]]), flush=True)
"""


@pytest.fixture(scope="module")
def hostile():
    """Give the faults of each hostile value, found in a process of its own, which some of them would crash."""
    done = subprocess.run(
        [sys.executable, "-c", HOSTILE],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "TZ": "Asia/Tokyo"},
    )
    assert done.returncode == 0, f"it ended with {done.returncode} at {done.stderr.splitlines()[-1:]}"
    return dict(map(json.loads, done.stdout.splitlines()))


def of_type(name, error):
    return f"a value of type {name} cannot be converted: {error}"


@pytest.mark.parametrize(
    ("name", "message"),
    {
        "a tzinfo that raises": of_type("datetime.datetime", "RuntimeError: no offset"),
        "a time with one": of_type("datetime.time", "RuntimeError: no offset"),
        "a tzinfo that overflows": of_type("datetime.datetime", "OverflowError: date value out of range"),
        "an offset of days": of_type("datetime.datetime", "ValueError: offset must be"),
        "an offset that is none": of_type("datetime.datetime", "TypeError: tzinfo.utcoffset() must"),
        "a subclass of datetime": of_type("__main__.Moment", "ValueError: not now"),
        "such a key": of_type("__main__.Moment", "ValueError: not now"),
        "an unset UUID": of_type("uuid.UUID", "AttributeError: "),
        "an enum without a value": of_type("__main__.Colour", "AttributeError: "),
        "an enum of numbers without one": of_type("__main__.Level", "AttributeError: "),
        "an enum of strings without one": of_type("__main__.Word", "AttributeError: "),
        "an enum that is its own value": "__main__.Colour contains itself; break the cycle",
        "an unset dataclass": "__main__.Point has fields never set: x",
        "an unset dataclass with slots": "__main__.Slotted has fields never set: x",
        "a field that raises": of_type("__main__.Lazy", "RuntimeError: not loaded"),
        "a class that raises": of_type("__main__.Unnameable", "RuntimeError: no class"),
        "an error that raises": "__main__.Mute.to_dict() failed: Silent",
        "a dict that raises": of_type("__main__.BadDict", "RuntimeError: gone"),
        "a list that raises": of_type("__main__.BadList", "RuntimeError: gone"),
    }.items(),
)
def test_what_would_crash_orjson_is_a_fault_with_its_path_wherever_it_comes_in(hostile, name, message):
    for [fault], count in hostile[name]:
        assert count == 1
        assert fault[0] == "metadata.a"
        assert fault[1].startswith(message)


def test_the_message_says_what_to_do(hostile):
    [[[_, message]], _] = hostile["an offset of days"][0]
    assert message.endswith("; give it as a string")


def test_a_time_zone_of_dateutil_at_the_end_of_the_calendar_crashes_nothing(hostile):
    """Whether it raises there depends on its version."""
    assert "tzlocal in the year 1" in hostile


@pytest.mark.parametrize("name", ["a deep list", "a deep list of objects"])
def test_what_is_nested_without_end_is_a_fault(hostile, name):
    for [fault], count in hostile[name]:
        assert count == 1
        assert fault[1] == "nested deeper than 254 levels"


def test_what_branches_without_end_is_given_up_after_so_many_faults(hostile):
    for first, count in hostile["a to_dict that never ends, twice"]:
        assert count == MAX_FAULTS
        assert first[0][1] == "__main__.Forest.to_dict() never ends"
        assert first[0][0].endswith("left.left.…")


class TestDumps:
    @given(json_values)
    def test_canonical_text_is_rfc_8259_in_utf_8_and_reads_back_the_same(self, value):
        value, _ = plain(value)
        text = dumps(value)

        def refuse(constant):
            raise AssertionError(constant)

        assert with_types(json.loads(text.decode("utf-8"), parse_constant=refuse)) == with_types(value)
        assert with_types(loads(text)) == with_types(value)
        assert dumps(loads(text)) == text

    @given(st.dictionaries(hostile_text, json_values))
    def test_the_order_of_keys_makes_no_difference(self, value):
        value, _ = plain(value)
        assert dumps(dict(reversed(value.items()))) == dumps(value)
        assert list(loads(dumps(value))) == sorted(value)

    def test_what_is_not_plain_is_converted_first_or_refused(self):
        assert dumps({"b": dt.date(2020, 1, 2), "a": np.float32(0.5)}) == b'{"a":0.5,"b":"2020-01-02"}'
        with pytest.raises(MachineError) as caught:
            dumps({"a": [len]})
        assert str(caught.value) == (
            "the value cannot be written as JSON\n"
            "  - a.0: a value of type builtins.builtin_function_or_method has no JSON form; "
            "convert it, or give it a to_dict()"
        )

    def test_there_is_no_white_space_and_no_needless_escape(self):
        assert dumps({"b": [1, 2.0], "a": "ä😀\0"}) == '{"a":"ä😀\\u0000","b":[1,2.0]}'.encode()

    def test_a_number_has_the_same_text_with_every_release_of_orjson(self):
        """A machine's revision is the hash of its text."""
        numbers = [1e15, 1e16, 1.2e30, 1e-7, 5e-324, 0.1, -0.0, 2**63]
        text = b"[1000000000000000.0,1e+16,1.2e+30,1e-7,5e-324,0.1,-0.0,9223372036854775808]"
        assert dumps(numbers) == text

    def test_surrogates_and_long_integers_are_written_in_the_same_form(self):
        value = {"b": "\ud800ä", "a": [2**64, True, None]}
        assert dumps(value) == '{"a":[18446744073709551616,true,null],"b":"\\ud800ä"}'.encode()

    @given(json_values)
    def test_what_stands_beside_them_is_written_as_it_is_without_them(self, value):
        value, _ = plain(value)
        assert dumps([value, 2**64]) == b"[%b,18446744073709551616]" % dumps(value)
        assert dumps({"\ud800": value}) == b'{"\\ud800":%b}' % dumps(value)

    @pytest.mark.parametrize("deepest", [{}, [], "\ud800", 2**64, None])
    def test_they_may_stand_at_the_deepest_level(self, deepest):
        value = deepest
        for _ in range(MAX_DEPTH // 2):
            value = {"a": [value]}
        assert plain(value) == (value, [])
        assert json.loads(dumps(value)) == value


class TestLoads:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("[NaN, Infinity, -Infinity]", "[nan, inf, -inf]"),
            ("18446744073709551616", "18446744073709551616"),
            ("-9223372036854775809", "-9223372036854775809"),
            ('\ufeff{"a": 1}', "{'a': 1}"),
            (b'\xef\xbb\xbf{"a": 1}', "{'a': 1}"),
            ('"\\ud800"', "'\\ud800'"),
            ('"\ud800"', "'\\ud800'"),
            ("1e400", "inf"),
            ("12345678901234567890.5", "1.2345678901234567e+19"),
        ],
    )
    def test_it_reads_all_that_python_writes(self, text, expected):
        assert repr(loads(text)) == expected

    @pytest.mark.parametrize(
        "text", ["", "{", "[1,]", "{'a': 1}", b"\xff", '{"a" 1}', "[" * 200_000, "1" * 5000]
    )
    def test_what_is_no_json_is_a_value_error(self, text):
        with pytest.raises(ValueError):  # noqa: PT011  (each of them has a text of its own)
            loads(text)

    def test_text_that_is_nested_too_deeply_says_how_deep_it_may_be(self):
        with pytest.raises(ValueError, match=r"^nested too deeply; at most 254 levels are allowed$"):
            loads("[" * 200_000 + "]" * 200_000)
