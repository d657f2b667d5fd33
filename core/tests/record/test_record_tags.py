"""The tags that a model reads and predicts."""

from newsdesk import record
from newsdesk.machine import Machine


def test_a_tag_may_be_a_name_a_mapping_or_a_list():
    machine = Machine(
        "m",
        dataset={
            "tag_list": ["B", {"name": "A", "asset": "x"}, ["C", "x"]],
            "target_tag_list": [["D", "x"], "B"],
        },
    )
    assert record.tags(machine) == ["B", "A", "C"]
    assert record.target_tags(machine) == ["D", "B"]


def test_without_targets_a_model_predicts_what_it_reads():
    for targets in ({}, {"target_tag_list": None}, {"target_tag_list": []}):
        assert record.target_tags(Machine("m", dataset={"tag_list": ["A"], **targets})) == ["A"]


def test_tags_of_another_shape_are_left_out():
    machine = Machine(
        "m", dataset={"tag_list": [None, 7, [], {}, "", [7], {"name": None}, "A"], "target_tag_list": "ABC"}
    )
    assert record.tags(machine) == ["A"]
    assert record.target_tags(machine) == ["A"]
