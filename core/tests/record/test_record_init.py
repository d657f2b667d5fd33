"""The chapter as a whole: what it exports, and that no record makes it raise."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import record
from newsdesk.machine import Machine
from newsdesk.testing.strategies import hostile_text, machines

EXAMPLES = Path(__file__).parents[3] / "examples" / "machines"
RECORD = Machine.from_json((EXAMPLES / "ae-4tags.json").read_bytes()).to_dict()
READERS = {
    name: value
    for name, value in vars(record).items()
    if name in record.__all__
    and callable(value)
    and value not in (record.value_at, record.mapping_at, record.number_of, record.date_of)
    if not isinstance(value, type)
}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats(allow_nan=False)
    | hostile_text()
    | st.sampled_from(["NaN", "Infinity", "fold-1", "2019-01-01 09:00:00.000000++0000"]),
    lambda values: (
        st.lists(values, max_size=4) | st.dictionaries(hostile_text(max_size=4), values, max_size=4)
    ),
    max_leaves=8,
)


def places(value, path=()):
    """Give the path of each value within a record that newsdesk takes in any shape."""
    if len(path) > 1:
        yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        if path or key in {"dataset", "metadata"}:
            yield from places(child, (*path, key))


def replaced(value, path, other):
    """Give a copy with another value at a path."""
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], other)
    return copy


def test_the_chapter_exports_what_it_names_and_nothing_else():
    visible = {name for name in dir(record) if not name.startswith("_")}
    modules = {name for name in visible if isinstance(getattr(record, name), type(sys))}
    assert visible - (modules - {"paths"}) == set(record.__all__)
    assert set(READERS) == {
        *("build", "history", "history_params", "main_scores", "raw_splits", "scores", "splits", "tags"),
        "target_tags",
    }


@given(st.sampled_from([*places(RECORD)]), json_values)
def test_any_json_in_any_place_of_a_record_raises_nothing(place, value):
    machine = Machine.from_dict(replaced(RECORD, place, value))
    for read in READERS.values():
        read(machine)


@given(json_values)
def test_any_json_where_something_is_looked_for_raises_nothing(value):
    for path in {getattr(record.paths, name) for name in dir(record.paths) if name.isupper()}:
        machine = Machine.from_dict(replaced(RECORD, path.split("."), value))
        for read in READERS.values():
            read(machine)


@given(machines())
def test_any_machine_can_be_read(machine):
    for read in READERS.values():
        read(machine)
        assert read(machine.isolated()) == read(machine) or "NaN" in machine.to_json().decode()


@pytest.mark.parametrize("name", READERS)
def test_a_bare_machine_has_nothing(name):
    found = READERS[name](Machine("m"))
    assert not found or found == record.Build(*[None] * 9)


def test_every_path_leads_to_something_in_a_real_record(real_machine):
    for name in (name for name in dir(record.paths) if name.isupper()):
        assert record.value_at(real_machine, getattr(record.paths, name)) is not None
