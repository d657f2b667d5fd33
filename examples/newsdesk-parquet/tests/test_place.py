"""Where a machine's file is."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import MachineKey
from newsdesk.testing.strategies import hostile_text

from newsdesk_parquet.place import MAX_SLUG, place_of


def path_of(project: str, name: str = "pump-7") -> str:
    return str(place_of(MachineKey(project, name)).path)


def test_a_place_shows_the_project_and_the_name() -> None:
    assert path_of("plant") == "project=plant/plant.pump-7.parquet"


@pytest.mark.parametrize(
    ("project", "label"),
    [
        ("a b/c=ä", "a%20b%2Fc%3D%C3%A4"),
        ("", ""),
        ("__HIVE_DEFAULT_PARTITION__", "%5F%5FHIVE%5FDEFAULT%5FPARTITION%5F%5F"),
        ("..", ".."),
    ],
)
def test_a_project_is_encoded_as_readers_of_partitions_decode_it(project: str, label: str) -> None:
    assert path_of(project).split("/")[0] == f"project={label}"
    assert unquote(label) == project
    assert place_of(MachineKey(project, "a")).alterations == []


@pytest.mark.parametrize(
    ("project", "why"),
    [("p" * 201, "has 201 characters when encoded; the limit is 200"), ("\ud800", "has a lone surrogate")],
)
def test_a_project_that_cannot_be_a_partition_gets_a_digest_and_an_alteration(project: str, why: str) -> None:
    place = place_of(MachineKey(project, "a"))
    label = place.path.parts[0].removeprefix("project=")
    assert len(label) == len("sha256-") + 64
    [altered] = place.alterations
    assert (altered.path, altered.kind) == ("project_name", "renamed")
    assert why in altered.detail
    assert label in altered.detail


@pytest.mark.parametrize("name", ["_x", ".x", "-x", "日本", "...", "x" * 300, "\ud800\0"])
def test_file_names_are_safe_and_not_ignored_by_readers_of_datasets(name: str) -> None:
    file = path_of("plant", name).split("/")[1]
    assert file.isascii()
    assert file[0] not in "._-"
    assert len(file) <= MAX_SLUG + len(".parquet")


KEYS = st.builds(MachineKey, hostile_text(), hostile_text())


@given(KEYS, KEYS)
def test_two_machines_share_a_place_only_if_they_are_the_same(one: MachineKey, other: MachineKey) -> None:
    assert (place_of(one).path == place_of(other).path) == (one == other)
