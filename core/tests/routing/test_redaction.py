"""What a reporter does not see of a machine."""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import DefinitionError, Machine
from newsdesk.alteration import of_redactions
from newsdesk.machine import REDACTION as KEY
from newsdesk.routing.paths import text_of
from newsdesk.routing.redaction import MARK, Redaction
from newsdesk.routing.seal import seal

RECORD = {
    "name": "pump-7",
    "project_name": "plant",
    "dataset": {"data_provider": {"password": "hunter2", "host": "db"}, "tag_list": ["T1", "T2"]},
    "metadata": {"user_defined": {"token": 17}},
    "contract": "C-1",
}
ORIGINAL = Machine.of(RECORD)


def redacted(*paths, machine=ORIGINAL):
    return Redaction.of(paths).apply(machine)


def content(machine):
    record = machine.to_dict()
    record.pop(KEY, None)
    return {key: value for key, value in record.items() if value != {}}


def test_a_value_of_any_type_is_replaced_and_the_layout_stays():
    machine = redacted("**.password", "metadata.user_defined.token", "dataset.tag_list.*", "contract")
    assert content(machine) == {
        "name": "pump-7",
        "project_name": "plant",
        "dataset": {"data_provider": {"password": MARK, "host": "db"}, "tag_list": [MARK, MARK]},
        "metadata": {"user_defined": {"token": MARK}},
        "contract": MARK,
    }


def test_a_whole_subtree_is_replaced_once():
    machine = redacted("dataset.data_provider.password", "dataset.data_provider", "**.host")
    assert machine.dataset["data_provider"] == MARK
    assert machine.redactions == ("dataset.data_provider",)


@pytest.mark.parametrize("path", ["dataset", "dataset.*", "dataset.**"])
def test_a_part_stays_a_mapping_of_its_keys(path):
    assert redacted(path).dataset == {"data_provider": MARK, "tag_list": MARK}


def test_wildcards_leave_the_identity_alone():
    machine = redacted("**")
    assert machine.key == ORIGINAL.key
    assert content(machine)["contract"] == MARK


def test_the_original_is_not_changed_and_what_does_not_match_is_the_same_machine():
    redacted("**")
    assert ORIGINAL.to_dict()["contract"] == "C-1"
    assert redacted("metadata.nothing") is ORIGINAL
    assert redacted() is ORIGINAL


def test_it_has_the_revision_and_the_model_key_of_the_original_wherever_it_is_read():
    machine = redacted("dataset.data_provider.password")
    read = [
        machine,
        machine.isolated(),
        machine.redacted(),
        Machine.from_json(machine.to_json()),
        Machine.from_dict(json.loads(machine.to_json())),
        pickle.loads(pickle.dumps(machine)),
    ]
    assert {each.revision for each in read} == {ORIGINAL.revision}
    assert {each.model_key for each in read} == {ORIGINAL.model_key}
    assert {each.redactions for each in read} == {("dataset.data_provider.password",)}
    assert {each.source is each for each in read[:1]} == {True}


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["dataset"].update(more=1),
        lambda record: record["dataset"]["data_provider"].update(password="hunter2"),
        lambda record: record[KEY].update(revision="0" * 64),
        lambda record: record[KEY].update(model_key="0" * 64),
        lambda record: record[KEY].update(paths=[]),
        lambda record: record[KEY].update(paths=None),
        lambda record: record[KEY].update(digest="0" * 64),
        lambda record: record[KEY].update(digest=7),
        lambda record: record[KEY].update(more=1),
        lambda record: record[KEY].pop("digest"),
        lambda record: record.update({KEY: "text"}),
    ],
)
def test_a_redacted_record_that_was_changed_has_its_own_revision(change):
    record = redacted("dataset.data_provider.password").to_dict()
    change(record)
    machine = Machine.from_dict(record)
    assert machine.revision not in {ORIGINAL.revision, "0" * 64}
    assert machine.redactions == ()


def test_what_was_redacted_is_not_redacted_again():
    first = redacted("**.password")
    assert redacted("**.password", machine=first) is first
    both = redacted("**.password", "contract", machine=first)
    assert both.redactions == ("contract", "dataset.data_provider.password")
    assert both.revision == ORIGINAL.revision
    assert redacted("contract", "**.password") == both


def test_secrets_of_its_own_reporters_are_masked_before_and_stay_so():
    own = {"reporters": [{"postgres": {"host": "db", "password": "its-own-secret"}}]}
    machine = Machine.of({**RECORD, "runtime": own})
    shown = redacted("runtime.reporters.0.postgres.host", machine=machine)
    assert b"its-own-secret" not in redacted("runtime.reporters.0.postgres.*", machine=machine).to_json()
    assert shown.revision == shown.redacted().revision == machine.redacted().revision


def test_each_place_is_an_alteration_without_its_value():
    [alteration] = of_redactions(redacted("**.password").redactions)
    assert (alteration.path, alteration.kind) == ("dataset.data_provider.password", "redacted")
    assert alteration.detail == "replaced by <redacted> before delivery, see 'redact'"
    assert of_redactions(ORIGINAL.redactions) == []


@pytest.mark.parametrize("path", ["name", "project_name", "name.0", '"name"'])
def test_the_identity_cannot_be_redacted(path):
    with pytest.raises(DefinitionError) as error:
        Redaction.of(["dataset.a", path, "a..b"])
    assert error.value.faults[0].path == "1"
    assert "identifies the machine, so it cannot be redacted" in error.value.faults[0].message
    assert error.value.faults[1].path == "2"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.data(), st.dictionaries(st.text(max_size=6), json_values, min_size=1))
def test_a_value_at_any_place_is_found_by_its_own_path_and_is_gone(data, tree):
    """Whatever the keys are: dots, quotes, stars, numbers, nothing."""
    record = {"name": "m", "metadata": {"tree": tree}}
    places = [keys for keys, _ in Redaction.of(["metadata.**.*"]).paths[0].find(record) if len(keys) > 2]
    keys = data.draw(st.sampled_from(places))
    *outer, last = keys
    holder = record
    for key in outer:
        holder = holder[key]
    holder[last] = "hunter2hunter2"
    machine = redacted(text_of(keys), machine=Machine.of(record))
    assert b"hunter2" not in machine.to_json()
    assert machine.redactions == (text_of(keys),)
    assert machine.revision == Machine.of(record).revision


def test_paths_that_can_be_read_once_are_refused_since_they_are_read_twice():
    for value in (iter(["contract"]), map(str, ["contract"]), {"contract": 1}, {}, "contract", None):
        with pytest.raises(DefinitionError, match=r"^redact must be a list of paths$"):
            Redaction.of(value)


def test_a_reference_is_refused_since_nothing_would_resolve_it():
    with pytest.raises(DefinitionError) as raised:
        Redaction.of(["contract", "${env:PATH_OF_IT:-hunter2}", "a.${file:/run/b}"])
    assert [fault.path for fault in raised.value.faults] == ["1", "2"]
    assert "hunter2" not in str(raised.value)
    assert raised.value.faults[0].message.startswith("must have no reference such as ${env:NAME}, since only")


def test_a_record_that_declares_its_own_redaction_is_redacted_and_masked_all_the_same():
    held = {"reporters": [{"postgres": {"password": "hunter3"}}]}
    forged = Machine.of({**RECORD, "runtime": held}).to_dict()
    forged[KEY] = seal(forged, "0" * 64, "1" * 64, ["dataset.data_provider.password"])
    machine = Machine.of(forged)
    assert machine.revision == "0" * 64
    shown = redacted("dataset.data_provider.password", machine=machine)
    assert shown.dataset["data_provider"]["password"] == MARK
    assert "hunter" not in shown.to_json().decode()
    assert "hunter3" not in machine.redacted().to_json().decode()


def test_what_is_redacted_is_neither_masked_nor_redacted_again():
    machine = redacted("runtime", machine=Machine.of({**RECORD, "runtime": {"reporters": ["null"], "a": 1}}))
    assert machine.redacted() is machine
    assert redacted("runtime", machine=machine) is machine
    inner = Machine.of({**RECORD, "runtime": {"reporters": [{"postgres": {"host": "db", "password": "p"}}]}})
    machine = redacted("runtime.reporters.*.postgres.*", machine=inner)
    assert machine.runtime == {"reporters": [{"postgres": {"host": MARK, "password": MARK}}]}
    assert machine.redacted() is machine
    assert machine.revision == inner.redacted().revision
