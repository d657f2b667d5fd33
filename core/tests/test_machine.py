import contextlib
import copy
import dataclasses
import json
import math
import pickle
from collections import UserDict

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from newsdesk import canonical
from newsdesk.exceptions import MachineError
from newsdesk.machine import Machine, MachineKey

text = st.text(
    st.characters() | st.just("\0") | st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF), max_size=6
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(min_value=2**63) | st.floats() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
mappings = st.dictionaries(text, values, max_size=3)
PARTS = ("model", "dataset", "metadata", "runtime", "evaluation")
records = st.builds(
    lambda name, project, parts, extra: {**extra, "name": name, **project, **parts},
    text.filter(bool),
    st.just({}) | st.builds(lambda value: {"project_name": value}, text),
    st.dictionaries(st.sampled_from(PARTS), mappings),
    st.dictionaries(text.filter(lambda key: key not in (*PARTS, "name", "project_name")), values, max_size=3),
)


class Foreign:
    """A machine of another project."""

    def __init__(self, record):
        self.record = record

    def to_dict(self):
        return self.record


def faults_of(*args, **kwargs):
    with pytest.raises(MachineError) as caught:
        Machine(*args, **kwargs)
    return list(map(str, caught.value.faults))


@given(records)
def test_a_record_comes_back_through_dict_json_and_pickle(record):
    machine = Machine.from_dict(record)
    for twin in (
        Machine.from_dict(machine.to_dict()),
        Machine.from_json(machine.to_json()),
        Machine.from_json(machine.to_json().decode()),
        Machine.of(Foreign(record)),
        pickle.loads(pickle.dumps(machine)),
        copy.deepcopy(machine),
    ):
        assert twin == machine
        assert hash(twin) == hash(machine)
        assert twin.to_json() == machine.to_json()
        assert (twin.revision, twin.model_key, twin.key) == (machine.revision, machine.model_key, machine.key)


@given(records)
def test_nothing_of_a_record_is_lost(record):
    again = Machine.from_dict(record).to_dict()
    assert set(again) >= set(json.loads(json.dumps(record)))
    assert set(again) - set(json.loads(json.dumps(record))) <= {"project_name", *PARTS}


@given(values)
def test_any_json_is_a_machine_or_a_machine_error(record):
    with contextlib.suppress(MachineError):
        assert Machine.from_dict(record).to_json()


def test_a_real_record_is_taken_whole(real_json):
    machine = Machine.from_json(real_json)
    assert machine.to_dict() == json.loads(real_json)
    assert json.loads(machine.to_json()) == json.loads(real_json)
    assert machine.builder_version


class TestOf:
    def test_a_machine_is_taken_as_it_is(self):
        machine = Machine("m")
        assert Machine.of(machine) is machine
        assert machine.source is machine

    @pytest.mark.parametrize("made", [dict, Foreign, lambda record: Foreign(Foreign(record).to_dict())])
    def test_it_remembers_the_object_as_it_was_handed_in(self, made):
        given = made({"name": "m", "metadata": {"x": np.float32(0.5)}})
        machine = Machine.of(given)
        assert machine.source is given
        assert machine.metadata == {"x": 0.5}

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (None, "null is not a machine: give a Machine, a mapping, or an object with a to_dict() method"),
            (
                "m",
                "of type str is not a machine: give a Machine, a mapping, or an object with a to_dict() method",
            ),
            (
                Foreign,
                "of type type is not a machine: give a Machine, a mapping, or an object with a to_dict() method",
            ),
            (Foreign([1]), "a record must be a mapping, but is of type list"),
            (Foreign(None), "a record must be a mapping, but is null"),
        ],
    )
    def test_what_is_no_machine_is_told(self, value, message):
        with pytest.raises(MachineError) as caught:
            Machine.of(value)
        assert str(caught.value) == message

    def test_a_to_dict_that_fails_is_told_with_its_cause(self):
        class Broken:
            def to_dict(self):
                raise KeyError("metadata")

        with pytest.raises(MachineError) as caught:
            Machine.of(Broken())
        assert str(caught.value) == "of type Broken is not a machine: its to_dict() failed: 'metadata'"
        assert isinstance(caught.value.__cause__, KeyError)

    def test_the_given_record_is_not_changed_and_not_shared(self):
        record = {"name": "m", "metadata": {"a": [1]}, "other": {"b": 1}}
        before = copy.deepcopy(record)
        machine = Machine.of(record)
        machine.metadata["a"].append(2)
        machine.extra["other"]["b"] = 2
        assert record == before


class TestFaults:
    def test_every_fault_is_listed_at_once_with_its_path(self):
        with pytest.raises(MachineError) as caught:
            Machine.from_dict(
                {
                    "project_name": 1,
                    "model": "m",
                    "dataset": None,
                    "metadata": {"a": [{"b": object()}]},
                    "runtime": [],
                    "other": {"c": len},
                }
            )
        assert str(caught.value) == (
            "the record without a name is not a valid machine\n"
            "  - other.c: a value of type builtins.builtin_function_or_method has no JSON form; "
            "convert it, or give it a to_dict()\n"
            "  - metadata.a.0.b: a value of type builtins.object has no JSON form; convert it, or give it a to_dict()\n"
            "  - name: must be a non-empty string, but is missing\n"
            "  - project_name: must be a string, but is of type int\n"
            "  - model: must be a mapping, but is of type str\n"
            "  - dataset: must be a mapping, but is null\n"
            "  - runtime: must be a mapping, but is of type list"
        )

    @pytest.mark.parametrize(
        ("name", "found"),
        [(None, "missing"), ("", "empty"), (5, "of type int"), ([], "of type list"), (True, "of type bool")],
    )
    def test_a_name_must_be_a_string_with_something_in_it(self, name, found):
        assert faults_of(name) == [f"name: must be a non-empty string, but is {found}"]

    def test_a_project_may_be_empty_but_not_null(self):
        assert Machine("m").project_name == ""
        assert faults_of("m", project_name=None) == ["project_name: must be a string, but is null"]

    def test_a_part_that_has_no_json_form_is_told_once(self):
        assert faults_of(object(), model=2j) == [
            "name: a value of type builtins.object has no JSON form; convert it, or give it a to_dict()",
            "model: a value of type builtins.complex has no JSON form; convert it, or give it a to_dict()",
        ]

    def test_the_error_names_the_machine_and_shortens_a_long_name(self):
        with pytest.raises(
            MachineError, match=r"^the record 'pump' is not a valid machine\n  - model: must be a mapping"
        ):
            Machine("pump", model=1)
        with pytest.raises(MachineError) as caught:
            Machine("x" * 1000, model=1)
        assert caught.value.message == f"the record '{'x' * 79} is not a valid machine"

    @pytest.mark.parametrize("record", [None, [], "x", 5])
    def test_a_record_that_is_no_mapping_is_told(self, record):
        found = "null" if record is None else f"of type {type(record).__name__}"
        with pytest.raises(MachineError) as caught:
            Machine.from_dict(record)
        assert str(caught.value) == f"a record must be a mapping, but is {found}"

    def test_a_mapping_that_cannot_be_read_is_told_with_its_cause(self):
        class Closed(UserDict):
            def __getitem__(self, key):
                raise RuntimeError("the file is closed")

        with pytest.raises(MachineError) as caught:
            Machine.of(Closed(name="m"))
        assert str(caught.value) == "the record cannot be read: RuntimeError: the file is closed"
        assert isinstance(caught.value.__cause__, RuntimeError)

    @pytest.mark.parametrize("text", ["{", b"\xff", "", "[" * 100_000, '{"name": ' + "1" * 5000 + "}"])
    def test_text_that_is_no_json_is_told(self, text):
        with pytest.raises(MachineError, match=r"^the record is not valid JSON: ."):
            Machine.from_json(text)

    def test_extra_may_not_hide_a_part(self):
        with pytest.raises(MachineError) as caught:
            Machine("m", extra={"name": "other", "model": {}, "mine": 1})
        assert str(caught.value) == "extra holds name, model; give them as arguments"

    def test_extra_must_be_a_mapping(self):
        with pytest.raises(MachineError) as caught:
            Machine("m", extra=[1])
        assert str(caught.value) == "extra must be a mapping, but is of type list"


class TestRecord:
    def test_unknown_keys_are_kept_and_come_back_out(self):
        machine = Machine.from_dict({"name": "m", "owner": {"team": "x"}, "extra": 1})
        assert machine.extra == {"owner": {"team": "x"}, "extra": 1}
        assert machine.to_dict()["owner"] == {"team": "x"}
        assert machine.to_dict()["extra"] == 1

    def test_the_order_of_a_parts_keys_is_kept(self):
        machine = Machine.from_dict({"name": "m", "model": {"z": 1, "a": {"y": 1, "b": 2}}})
        assert list(machine.to_dict()["model"]) == ["z", "a"]
        assert list(machine.model["a"]) == ["y", "b"]

    @given(records)
    # Each of two writers has its own way with such a number, and only one of them takes such a text.
    @example({"name": "m", "model": {"lr": 1e-7}, "dataset": {"x": "\ud800"}})
    def test_its_json_is_that_of_its_dict_and_each_part_is_had_by_itself_before_or_after(self, record):
        before, after = Machine.from_dict(record), Machine.from_dict(record)
        whole = after.to_json()
        assert whole == canonical.dumps(after.to_dict())
        for machine in (before, after):
            for part in (*PARTS, "name", "project_name", "extra"):
                assert machine.to_json(part) == canonical.dumps(getattr(machine, part))
        assert before.to_json() == whole

    def test_to_dict_gives_a_copy(self):
        machine = Machine("m", metadata={"a": [1]})
        machine.to_dict()["metadata"]["a"].append(2)
        assert machine.metadata == {"a": [1]}

    def test_it_is_frozen(self):
        with pytest.raises(dataclasses.FrozenInstanceError):
            Machine("m").name = "n"

    def test_json_is_computed_once(self, real_machine):
        assert real_machine.to_json() is real_machine.to_json()

    def test_numbers_without_a_json_form_are_strings(self):
        assert Machine.from_json('{"name": "m", "metadata": {"a": [NaN, Infinity, -Infinity]}}') == Machine(
            "m", metadata={"a": [math.nan, math.inf, -math.inf]}
        )
        assert Machine("m", metadata={"a": math.nan}).metadata == {"a": "NaN"}

    def test_it_shows_itself_in_one_short_line(self):
        machine = Machine("m", "p", metadata={"secret": "x"})
        assert repr(machine) == f"Machine('p/m', revision='{machine.revision[:12]}')"

    def test_it_equals_no_other_kind_of_thing(self):
        assert Machine("m") != {"name": "m"}
        assert Machine("m") != "m"
        assert Machine("m") != Machine("m", "p")


class TestKeys:
    def test_the_key_is_project_and_name(self):
        key = Machine("m", "p").key
        assert key == MachineKey("p", "m") == ("p", "m")
        assert str(key) == "p/m"

    def test_keys_are_sha_256(self, real_machine):
        assert len(bytes.fromhex(real_machine.revision)) == 32
        assert len(bytes.fromhex(real_machine.model_key)) == 32

    def test_the_revision_does_not_depend_on_the_order_of_keys(self):
        record = {"name": "m", "model": {"a": 1, "b": 2}}
        assert (
            Machine.from_dict(record).revision
            == Machine.from_dict({"model": {"b": 2, "a": 1}, "name": "m"}).revision
        )

    @pytest.mark.parametrize(
        "change",
        [{"metadata": {"x": 1}}, {"runtime": {"x": 1}}, {"project_name": "q"}, {"other": 1}],
    )
    def test_results_change_the_revision_and_not_the_model_key(self, change):
        before, after = Machine("m", "p"), Machine.from_dict({"name": "m", "project_name": "p", **change})
        assert before.revision != after.revision
        assert before.model_key == after.model_key

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "n"},
            {"model": {"x": 1}},
            {"dataset": {"x": 1}},
            {"evaluation": {"x": 1}},
            {"metadata": {"build_metadata": {"model": {"model_builder_version": "1.0"}}}},
        ],
    )
    def test_the_configuration_and_the_builders_version_change_both(self, change):
        before, after = Machine("m"), Machine.from_dict({"name": "m", **change})
        assert before.revision != after.revision
        assert before.model_key != after.model_key

    @pytest.mark.parametrize(
        ("metadata", "version"),
        [
            ({}, None),
            ({"build_metadata": None}, None),
            ({"build_metadata": {"model": None}}, None),
            ({"build_metadata": [1]}, None),
            ({"build_metadata": {"model": "x"}}, None),
            ({"build_metadata": {"model": {"model_builder_version": None}}}, None),
            ({"build_metadata": {"model": {"model_builder_version": 5}}}, "5"),
            ({"build_metadata": {"model": {"model_builder_version": "1.2"}}}, "1.2"),
        ],
    )
    def test_the_builders_version_is_told_where_the_record_has_it(self, metadata, version):
        assert Machine("m", metadata=metadata).builder_version == version


class TestRedacted:
    REPORTERS = ("mlflow", {"postgres": {"host": "db", "password": "hunter2"}})

    def test_secrets_of_its_own_reporters_are_masked_and_nothing_else(self):
        machine = Machine("m", runtime={"reporters": self.REPORTERS, "cpu": 2})
        shown = machine.redacted()
        assert shown.runtime == {
            "reporters": ["mlflow", {"postgres": {"host": "db", "password": "***"}}],
            "cpu": 2,
        }
        assert machine.runtime["reporters"] == list(self.REPORTERS)
        assert (shown.key, shown.model, shown.extra) == (machine.key, machine.model, machine.extra)

    def test_it_is_made_once_and_redacting_it_again_changes_nothing(self):
        machine = Machine("m", runtime={"reporters": self.REPORTERS})
        assert machine.redacted() is machine.redacted()
        assert machine.redacted().redacted() is machine.redacted()

    def test_a_machine_without_secrets_is_shown_as_it_is(self):
        machine = Machine("m", runtime={"reporters": ["mlflow", {"files": {"path": "x"}}]})
        assert machine.redacted() is machine

    def test_it_has_the_source_of_the_machine(self):
        record = {"name": "m", "runtime": {"reporters": self.REPORTERS}}
        assert Machine.of(record).redacted().source is record
        machine = Machine.from_dict(record)
        assert machine.redacted().source is machine

    @given(values)
    def test_whatever_stands_under_reporters_can_be_shown(self, definitions):
        Machine("m", runtime={"reporters": definitions}).redacted().to_json()


class Counted:
    """Counts what is read from JSON and written as JSON."""

    def __init__(self, monkeypatch):
        self.calls = []
        for name in ("loads", "dumps"):
            monkeypatch.setattr(canonical, name, self.counting(name, getattr(canonical, name)))

    def counting(self, name, function):
        return lambda value: self.calls.append(name) or function(value)


class TestIsolated:
    @given(records)
    def test_it_is_equal_in_every_way(self, record):
        machine = Machine.of(record)
        twin = machine.isolated()
        assert twin == machine
        assert (twin.key, twin.revision, twin.model_key) == (machine.key, machine.revision, machine.model_key)
        assert twin.source is record
        assert twin.to_json() is machine.to_json()
        for part in (*PARTS, "name", "project_name", "extra"):
            assert twin.to_json(part) is machine.to_json(part)
            assert getattr(twin, part) == getattr(machine, part)
        assert twin.to_dict() == machine.to_dict()
        assert dataclasses.replace(twin) == machine
        assert pickle.loads(pickle.dumps(twin)) == copy.deepcopy(twin) == machine

    def test_what_somebody_changes_in_it_is_seen_by_nobody_else(self):
        record = {"name": "m", "metadata": {"a": [1]}, "other": {"b": 1}}
        machine = Machine.of(record)
        one, other = machine.isolated(), machine.isolated()
        again = one.isolated()
        one.metadata["a"].append(2)
        one.metadata["build_metadata"] = {"model": {"model_builder_version": "9"}}
        one.extra["other"].clear()
        one.runtime["reporters"] = [{"slack": {"token": "x"}}]
        for untouched in (record, machine.to_dict(), other.to_dict(), again.to_dict()):
            assert untouched["metadata"] == {"a": [1]}
            assert untouched["other"] == {"b": 1}
            assert not untouched.get("runtime")
        assert one.metadata["a"] == [1, 2]
        assert one.to_dict()["other"] == {}
        # What is written of it, and what identifies it, is the record that was handed in.
        assert (
            one.to_json("metadata")
            == b'{"a":[1]}'
            == other.to_json("metadata")
            == machine.to_json("metadata")
        )
        assert one.to_json() == machine.to_json()
        assert one.builder_version is None
        assert one.model_key == machine.model_key

    def test_nothing_is_read_or_written_for_those_who_need_only_the_json(self, monkeypatch, real_machine):
        real_machine.to_json()
        real_machine.to_json("metadata")
        counted = Counted(monkeypatch)
        twin = real_machine.isolated()
        assert (twin.key, twin.name, twin.revision) == (
            real_machine.key,
            real_machine.name,
            real_machine.revision,
        )
        assert twin.to_json() + twin.to_json("metadata")
        assert repr(twin) == repr(real_machine)
        assert twin.redacted() is twin
        assert counted.calls == []
        assert twin.metadata["build_metadata"] == real_machine.metadata["build_metadata"]
        assert twin.model == real_machine.model
        assert counted.calls == ["loads"]

    def test_it_is_redacted_when_the_machine_is_and_can_be_redacted_when_not(self):
        machine = Machine("m", runtime={"reporters": [{"postgres": {"password": "hunter2"}}]})
        assert machine.isolated().runtime == machine.runtime
        shown = {"reporters": [{"postgres": {"password": "***"}}]}
        assert machine.isolated().redacted().runtime == shown
        assert machine.redacted().isolated().runtime == shown
        assert machine.redacted().isolated().source is machine

    def test_a_machine_has_no_other_attributes_than_before(self):
        for machine in (Machine("m"), Machine("m").isolated()):
            with pytest.raises(AttributeError, match=r"^'Machine' object has no attribute 'metdata'$"):
                machine.metdata  # noqa: B018
