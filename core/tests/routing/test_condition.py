"""Which machines a reporter gets."""

import pytest
from newsdesk import DefinitionError, Machine
from newsdesk.routing.condition import Condition

MACHINE = Machine.of(
    {
        "name": "pump-7",
        "project_name": "north-1",
        "metadata": {
            "user_defined": {"year": 2024, "live": True, "none": None, "sites": ["a", "b"], "x": {}}
        },
        "contract": "C-1",
    }
)


@pytest.mark.parametrize(
    ("when", "takes"),
    [
        ({"project_name": "north-*"}, True),
        ({"project_name": "north"}, False),
        ({"project_name": "*"}, True),
        ({"project_name": "NORTH-*"}, False),
        ({"project_name": ["south-*", "north-*"]}, True),
        ({"project_name": "north-*", "name": "fan-*"}, False),
        ({"project_name": "north-*", "name": "pump-?"}, False),
        ({"contract": "C-*"}, True),
        ({"metadata.user_defined.year": "2024"}, True),
        ({"metadata.user_defined.live": "true"}, True),
        ({"metadata.user_defined.none": "null"}, True),
        ({"metadata.user_defined.sites.*": "b"}, True),
        ({"metadata.user_defined.sites.*": "c"}, False),
        ({"metadata.user_defined.sites": "*"}, False),
        ({"metadata.user_defined.missing": "*"}, False),
        ({"**.year": "20*"}, True),
    ],
)
def test_all_that_is_wanted_must_fit(when, takes):
    assert Condition.of(when).takes(MACHINE) is takes
    assert Condition.of(when).takes(MACHINE.isolated()) is takes


def test_without_one_every_machine_is_taken():
    assert Condition().takes(MACHINE)


def test_it_is_shown_as_it_is_written():
    condition = Condition.of({"project_name": ["south-*", "north-*"], "name": "pump-*"})
    assert str(condition) == "project_name: south-* or north-*, name: pump-*"


@pytest.mark.parametrize("when", [None, [], {}, "north-*", 7])
def test_it_must_be_a_mapping(when):
    with pytest.raises(DefinitionError, match="when must be a mapping of paths to texts"):
        Condition.of(when)


def test_all_that_is_wrong_is_reported_at_once():
    with pytest.raises(DefinitionError) as error:
        Condition.of({"a..b": "x", "year": 2024, "name": [], "project_name": ["a", None]})
    assert [tuple(fault) for fault in error.value.faults] == [
        ("a..b", "the path 'a..b' has no key at character 3; remove a dot, or quote the key"),
        ("year", "must be a text in which * is any text, or a list of them, but is 2024; quote it"),
        ("name", "must be a text in which * is any text, or a list of them, but is empty"),
        ("project_name", "must be a text in which * is any text, or a list of them, but item 1 is null"),
    ]


def test_a_reference_is_refused_since_nothing_would_resolve_it():
    with pytest.raises(DefinitionError) as error:
        Condition.of({"project_name": "${env:PROJECT}", "name": ["a", "${file:b}"], "${env:C}": "c"})
    assert [fault.path for fault in error.value.faults] == ["project_name", "name", "${env:C}"]
    assert {fault.message.partition(",")[0] for fault in error.value.faults} == {
        "must have no reference such as ${env:NAME}"
    }
