"""Paths into a record."""

import pytest
from newsdesk.exceptions import DefinitionError
from newsdesk.routing.paths import Path, text_of

RECORD = {
    "name": "pump-7",
    "dataset": {"tag_list": [{"name": "T1", "key": 1}, {"name": "T2", "key": 2}], "a.b": {"*": 3, "": 4}},
    "metadata": {"password": "a", "deep": {"password": "b", "list": [[{"password": "c"}]]}, "0": "zero"},
}


def found(text):
    return sorted({text_of(keys) for keys, _ in Path.of(text).find(RECORD)})


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("name", ["name"]),
        ("dataset.tag_list.1.key", ["dataset.tag_list.1.key"]),
        ("dataset.tag_list.*.key", ["dataset.tag_list.0.key", "dataset.tag_list.1.key"]),
        ("metadata.0", ["metadata.0"]),
        ("metadata.pass*", ["metadata.password"]),
        ("*.*word", ["metadata.password"]),
        (
            "**.password",
            ["metadata.deep.list.0.0.password", "metadata.deep.password", "metadata.password"],
        ),
        (
            "metadata.**.password",
            ["metadata.deep.list.0.0.password", "metadata.deep.password", "metadata.password"],
        ),
        ("**.**.key", ["dataset.tag_list.0.key", "dataset.tag_list.1.key"]),
        ("metadata.**", ["metadata.0", "metadata.deep", "metadata.password"]),
        ("**", ["dataset", "metadata", "name"]),
        ('dataset."a.b"', ['dataset."a.b"']),
        ('dataset."a.b"."*"', ['dataset."a.b"."*"']),
        ('dataset."a.b".""', ['dataset."a.b".""']),
        ("dataset.a.b", []),
        ("dataset.tag_list.name", []),
        ("dataset.tag_list.2", []),
        ("dataset.tag_list.-1", []),
        ("dataset.tag_list.01", []),
        ("dataset.tag_list." + "9" * 5000, []),
        ("name.0", []),
        ("Name", []),
    ],
)
def test_a_path_leads_to_values_of_mappings_and_lists(text, places):
    assert found(text) == places


def test_each_place_is_written_as_the_path_that_leads_to_it_alone():
    places = [keys for keys, _ in Path.of("**.*").find(RECORD)]
    assert len(places) > 10
    assert all({found for found, _ in Path.of(text_of(keys)).find(RECORD)} == {keys} for keys in places)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "a path must name a key, but is empty"),
        ("a..b", "the path 'a..b' has no key at character 3; remove a dot, or quote the key"),
        ("a.", "the path 'a.' has no key at character 3; remove a dot, or quote the key"),
        ('a."b', "the path 'a.\"b' has no key at character 3; close the quote"),
        ('a"b"', "the path 'a\"b\"' has a quote within a key, at character 2; quote the whole key, as in 'model.\"a.b\"'"),
        ('"\\x"', "the path '\"\\\\x\"' has a quoted key that is not JSON: \"\\x\"; correct it"),
        ("a**", "the path 'a**' has ** within a key; write one * there"),
        ("a. b", "the path 'a. b' has a key with blanks around it; remove them, or quote it"),
        (7, "a path must be text, but is of type int"),
    ],
)  # fmt: skip
def test_what_is_not_a_path_is_refused(text, reason):
    with pytest.raises(DefinitionError) as error:
        Path.of(text)
    assert str(error.value) == reason


def test_many_wildcards_take_no_time():
    deep = {"a": None}
    for _ in range(60):
        deep = {"a": deep}
    assert [*Path.of("**.**.**.a.**.b").find(deep)] == []


def test_several_of_any_depth_lead_to_each_place_once():
    record = value = {}
    for _ in range(60):
        value["a"] = value = {"z": 1}
    found = [keys for keys, _ in Path.of("**.a.**.a.**.a.**.z").find(record)]
    assert len(found) == len({*found}) == 58
