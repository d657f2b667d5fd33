"""The strategies give what they promise: valid, and as hostile as they say."""

import json

import pytest
from hypothesis import Phase, find, given, settings
from newsdesk.batching import Limits
from newsdesk.machine import Machine
from newsdesk.testing.strategies import hostile_text, limits, machines, metrics, records

QUICK = settings(max_examples=2000, database=None, phases=[Phase.generate])
"""Looks for an example, and not for a small one."""


@given(records())
def test_every_record_is_a_machine_which_has_all_of_its_keys(record):
    found = Machine.from_dict(record).to_dict()
    assert found.keys() >= record.keys()
    assert Machine.from_dict(found).to_dict() == found


@given(machines())
def test_every_machine_comes_back_from_its_json(machine):
    assert Machine.from_json(machine.to_json()) == machine


@given(metrics())
def test_a_history_has_numbers_or_the_names_of_what_is_none(history):
    assert all(isinstance(float(value), float) for values in history.values() for value in values)
    json.dumps(history, allow_nan=False)


@given(limits())
def test_limits_are_valid(drawn):
    assert isinstance(drawn, Limits)


@pytest.mark.parametrize(
    "is_hostile",
    [
        lambda text: "\0" in text,
        lambda text: any("\ud800" <= character <= "\udfff" for character in text),
        lambda text: any(character > "\uffff" for character in text),
        lambda text: "'" in text,
    ],
    ids=["NUL", "surrogate", "beyond the BMP", "quote"],
)
def test_hostile_text_is_hostile(is_hostile):
    assert is_hostile(find(hostile_text(), is_hostile, settings=QUICK))


@given(hostile_text(min_size=1, max_size=3))
def test_hostile_text_keeps_to_its_length(text):
    assert 1 <= len(text) <= 3


@pytest.mark.parametrize("part", ["metadata", "project_name", "dataset"])
def test_a_record_may_lack_any_part(part):
    assert part not in find(records(), lambda record: part not in record, settings=QUICK)
    assert part in find(records(), lambda record: part in record, settings=QUICK)
