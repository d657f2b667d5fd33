"""How a machine's name on the command line is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.cli.sources.address import Address

REVISION = "0123abc"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pump", ("pump", None, None)),
        ("plant/pump", ("plant/pump", None, None)),
        ("pump@pg", ("pump", "pg", None)),
        ("plant/pump@pg#0123abc", ("plant/pump", "pg", REVISION)),
        ("pump#0123abc", ("pump", None, REVISION)),
        ("pump#7", ("pump#7", None, None)),
        ("pump#0123abc@pg", ("pump#0123abc", "pg", None)),
        ("a@b@pg", ("a@b", "pg", None)),
        ("a@b", ("a@b", None, None)),
        ("@pg", ("@pg", None, None)),
        ("pump@", ("pump@", None, None)),
        ("a#0123abc#fedcba9", ("a#0123abc", None, "fedcba9")),
        ("line\nbreak@pg", ("line\nbreak", "pg", None)),
    ],
)
def test_a_label_and_a_revision_are_behind_the_name(text, expected):
    found = Address.of(text, lambda label: label == "pg")
    assert (found.text, found.label, found.revision) == expected


@given(name=st.text(min_size=1), revision=st.from_regex(r"[0-9a-f]{7,64}", fullmatch=True))
def test_every_name_can_be_given(name, revision):
    found = Address.of(f"{name}@pg#{revision}", lambda label: label == "pg")
    assert (found.text, found.label, found.revision) == (name, "pg", revision)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pump", [(None, "pump")]),
        ("plant/pump", [("plant", "pump"), (None, "plant/pump")]),
        ("plant/pump/7", [("plant", "pump/7"), (None, "plant/pump/7")]),
        ("/pump", [("", "pump"), (None, "/pump")]),
        ("pump/", [(None, "pump/")]),
    ],
)
def test_what_is_before_a_slash_may_be_a_project_or_part_of_the_name(text, expected):
    assert Address(text).readings() == [(project, name, None) for project, name in expected]


def test_what_is_behind_a_number_sign_may_be_part_of_the_name():
    plain, with_label = Address("plant/pump", None, REVISION), Address("pump", "pg", REVISION)
    assert plain.readings() == [
        ("plant", "pump", REVISION),
        (None, "plant/pump", REVISION),
        ("plant", "pump#0123abc", None),
        (None, "plant/pump#0123abc", None),
    ]
    assert plain.readings("mine") == [("mine", "plant/pump", REVISION), ("mine", "plant/pump#0123abc", None)]
    assert with_label.readings() == [(None, "pump", REVISION)]
