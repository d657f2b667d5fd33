"""Keys that every server takes."""

import posixpath
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk_mlflow.limits import KeyRules
from newsdesk_mlflow.mapping.naming.keys import Name, assign_keys, legal_key

names = (
    st.text(max_size=40)
    | st.text("ab/.(_2)8:-é", max_size=8)
    | st.text("a./", max_size=8)
    | st.text("a/", min_size=240, max_size=300)
)
rules = st.builds(KeyRules, st.integers(16, 250), st.booleans())


def is_legal(key, rules):
    """What the server's documentation says of a key."""
    letters = r"[/\w.\- :]+" if rules.colon else r"[/\w.\- ]+"
    return (
        re.fullmatch(letters, key) is not None
        and posixpath.normpath(key) == key
        and len(key) <= rules.length
        and not key.startswith(("/", ".."))
        and key != "."
    )


@given(names, rules)
def test_any_name_has_a_legal_key_and_a_legal_name_is_its_own(name, rules):
    key = legal_key(name, rules)
    assert is_legal(key, rules)
    assert legal_key(key, rules) == key
    if is_legal(name, rules):
        assert key == name


@given(st.lists(st.builds(Name, names, st.text("ab", max_size=1)), max_size=12), rules)
def test_no_two_names_share_a_key(wanted, rules):
    keys = assign_keys(wanted, rules)
    assert keys.keys() == set(wanted)
    assert len({*keys.values()}) == len(keys)
    assert all(is_legal(key, rules) for key in keys.values())


@given(st.lists(st.builds(Name, names, st.just("")), max_size=8, unique=True), st.randoms())
def test_the_order_of_different_names_does_not_matter_to_those_that_are_legal(wanted, random):
    shuffled = random.sample(wanted, len(wanted))
    legal = [name for name in wanted if is_legal(name.text, KeyRules())]
    assert all(assign_keys(shuffled, KeyRules())[name] == name.text for name in legal)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("r2-score", "r2-score"),
        ("f1(a)", "f1_28_a_29_"),
        ("größe/früh", "größe/früh"),
        ("a//b", "a_2f__2f_b"),
        ("../a", "_2e__2e__2f_a"),
        ("...", "_2e__2e__2e_"),
        ("/a", "_2f_a"),
        (".a", ".a"),
        ("..", "_2e__2e_"),
        (".", "_2e_"),
        ("", "_empty_"),
        ("\0", "_0_"),
        ("\ud800", "_d800_"),
        ("😀", "_1f600_"),
        ("a:b", "a_3a_b"),
    ],
)
def test_keys_stay_readable(name, key):
    assert legal_key(name, KeyRules()) == key


def test_a_colon_stays_where_the_server_takes_it():
    assert legal_key("a:b", KeyRules(colon=True)) == "a:b"


def test_a_name_that_looks_like_anothers_legal_form_keeps_itself():
    keys = assign_keys([Name("f(", "1"), Name("f_28_", "2")], KeyRules())
    assert keys[Name("f_28_", "2")] == "f_28_"
    assert re.fullmatch(r"f_28_-[0-9a-f]{8}", keys[Name("f(", "1")])


def test_equal_names_of_different_origin_get_different_keys_and_the_first_keeps_its_own():
    keys = assign_keys([Name("name", "name"), Name("name", "history.params.name")], KeyRules())
    assert keys[Name("name", "name")] == "name"
    assert re.fullmatch(r"name-[0-9a-f]{8}", keys[Name("name", "history.params.name")])


def test_a_long_name_ends_in_a_hash_of_the_whole():
    one, other = legal_key("x" * 300 + "1", KeyRules()), legal_key("x" * 300 + "2", KeyRules())
    assert len(one) == len(other) == 250
    assert one[:241] == other[:241] == "x" * 241
    assert one != other


def test_long_names_that_differ_in_a_lone_surrogate_alone_get_different_keys():
    names = [Name("x" * 300 + end) for end in ("\ud800", "\ud801", "?", "\ufffd")]
    keys = assign_keys(names, KeyRules(250))
    assert len({*keys.values()}) == len(names)
    assert [legal_key(name.text, KeyRules(250)) for name in names] == [keys[name] for name in names]
