"""A machine's key as one name: readable, of limited length, and of this machine alone."""

import doctest
import itertools
import pickle
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from newsdesk import MachineKey, machine
from newsdesk.slug import LEAST, LIMIT, Slug, slug_of
from newsdesk.testing.strategies import hostile_text

RESERVED = {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(10))}
limits = st.integers(LEAST, 250)
# Hostile and ordinary, and of the few characters that slugs are made of, so that two of them are often near.
texts = (
    hostile_text()
    | st.text("aA.-_~/", max_size=6)
    | st.sampled_from(
        [
            "",
            "con",
            "CON.x",
            "nul",
            "e\u0301",
            "\u00e9",
            "E\u0301",
            "\ufb01",
            "fi",
            "ß",
            "ss",
            "SS",
            "K",
            "\u212a",
        ]
    )
    | st.text("ab.", min_size=30, max_size=260)
)
keys = st.builds(MachineKey, texts, texts)


def stored(name):
    """Give a name as the least careful store keeps it: without case, and normalised."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFD", name)).casefold()


def assert_is_a_name(slug, limit):
    assert 0 < len(slug) <= limit
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._~-]*", slug)
    assert not slug.endswith(".")
    assert slug.split(".")[0].lower() not in RESERVED


@given(keys, keys, limits)
@example(MachineKey("a.b", "c"), MachineKey("a", "b.c"), LEAST)
@example(MachineKey("", "a.b"), MachineKey("a", "b"), LEAST)
@example(MachineKey("", "pump"), MachineKey("pump", ""), LEAST)
@example(MachineKey("", "Pump"), MachineKey("", "pump"), LEAST)
@example(MachineKey("", "\u00e9"), MachineKey("", "e\u0301"), LEAST)
@example(MachineKey("", "a" * 300), MachineKey("", "a" * 301), LEAST)
def test_two_machines_have_one_slug_only_if_they_are_the_same(one, other, limit):
    first, second = one.slug(limit), other.slug(limit)
    assert (stored(first) == stored(second)) == (one == other)
    for slug in (first, second):
        assert_is_a_name(slug, limit)
        assert slug[0] not in "._-~"


@given(keys, limits)
def test_no_machine_can_be_named_like_the_slug_of_another(key, limit):
    slug = key.slug(limit)
    project, _, name = slug.rpartition(".")
    for other in {MachineKey("", slug), MachineKey(project, name), MachineKey(slug, "")} - {key}:
        assert stored(other.slug(limit)) != stored(slug)


@given(texts, texts, limits)
def test_the_same_holds_for_single_texts(one, other, limit):
    first, second = slug_of(one, "name", limit), slug_of(other, "name", limit)
    assert (stored(first) == stored(second)) == (one == other)
    assert_is_a_name(first, limit)


@pytest.mark.parametrize(
    ("key", "slug"),
    [
        (("plant", "pump-7"), "plant.pump-7"),
        (("", "pump-7"), "pump-7"),
        (("plant", "v1.2_b"), "plant.v1.2_b"),
        (("plant", "-7"), "plant.-7"),
        (("plant-7", "x" * (LIMIT - 8)), f"plant-7.{'x' * (LIMIT - 8)}"),
    ],
)
def test_an_ordinary_key_is_its_own_slug_without_an_alteration(key, slug):
    found = MachineKey(*key).slug()
    assert found == slug
    assert found.alterations == ()


@pytest.mark.parametrize(
    ("key", "readable", "altered"),
    [
        (("Plant", "pump-7"), "Plant-pump-7", ["project_name"]),
        (("plant", "Pump 7/b"), "plant-Pump-7-b", ["name"]),
        (("Ölwerk", "é"), "Olwerk-e", ["project_name", "name"]),
        (("", "日本"), "machine", ["name"]),
        (("", "con"), "con", ["name"]),
        (("nul", "a"), "nul-a", ["project_name"]),
        (("", "a.b"), "a-b", ["name"]),
        (("a.b", "c"), "a-b-c", ["name"]),
        (("plant", "pump-7."), "plant-pump-7", ["name"]),
        (("plant", "a..b"), "plant-a-b", ["name"]),
        (("_x", "a"), "x-a", ["project_name"]),
        (("plant", "\ud800"), "plant", ["name"]),
    ],
)
def test_another_key_stays_readable_before_its_digest_and_that_is_an_alteration(key, readable, altered):
    slug = MachineKey(*key).slug()
    assert slug.partition("~")[0] == readable
    assert re.fullmatch("[a-z2-7]{32}", slug.partition("~")[2])
    assert [(a.path, a.kind) for a in slug.alterations] == [(path, "renamed") for path in altered]
    assert all(
        repr(slug) in a.detail and "the record has the full name" in a.detail for a in slug.alterations
    )


def test_what_is_too_long_is_cut_before_its_digest():
    slug = MachineKey("plant", "x" * 300).slug(limit=50)
    assert slug.startswith("plant-xxxxxxxxxxx~")
    assert len(slug) == 50
    [altered] = slug.alterations
    assert altered.detail.startswith("has 306 characters, of which 50 fit, so the name here is ")


def test_a_limit_without_room_for_a_digest_is_refused():
    with pytest.raises(ValueError, match=f"must be at least {LEAST}, but is {LEAST - 1}"):
        MachineKey("p", "m").slug(LEAST - 1)


def test_a_slug_is_plain_text_and_its_copies_keep_the_alterations():
    slug = MachineKey("P", "m").slug()
    assert isinstance(slug, str)
    assert f"{slug}.json" == "".join([slug, ".json"])
    assert pickle.loads(pickle.dumps(slug)).alterations == slug.alterations
    assert type(pickle.loads(pickle.dumps(slug))) is Slug


def test_every_slug_is_the_same_tomorrow():
    """What is stored under them is found by them."""
    keys = itertools.product(["", "Plant"], ["pump 7", "x" * 300])
    assert [MachineKey(*key).slug(60) for key in keys] == [
        "pump-7~exiaot5aqeacgac2rxs5zdju4cm7rhcr",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxx~4l5fzbheqbaiq6aqz3stxfqwxesn6cov",
        "Plant-pump-7~oae4bbb62piikdowtcm6kwztaf52utb4",
        "Plant-xxxxxxxxxxxxxxxxxxxxx~llvm2y77cpthkrxdthknkdvasucxtlcg",
    ]


def test_its_example_runs():
    found = doctest.testmod(machine)
    assert (found.failed, found.attempted) == (0, 4)
