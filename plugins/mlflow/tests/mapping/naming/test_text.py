"""Text that MLflow's stores can hold."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk_mlflow.mapping.naming.text import fitting_name, storable

any_text = st.text(st.characters(), max_size=30) | st.text("a\0\ud800\udfffé😀", max_size=8)


@given(any_text)
def test_what_is_storable_can_be_sent_and_keeps_everything_else(text):
    stored = storable(text)
    stored.encode("utf-8")
    assert "\0" not in stored
    if not re.search("[\0\ud800-\udfff]", text):
        assert stored == text


@pytest.mark.parametrize(("text", "stored"), [("a\0b", "a\\x00b"), ("\ud83d", "\\ud83d"), ("é😀\n", "é😀\n")])
def test_nul_and_lone_surrogates_become_escapes(text, stored):
    assert storable(text) == stored


@given(any_text, st.integers(16, 40))
def test_a_name_fits_and_a_short_one_is_its_own(text, length):
    name = fitting_name(text, length)
    assert len(name) <= length
    if len(storable(text)) <= length:
        assert name == storable(text)


def test_two_long_names_with_one_beginning_stay_two():
    assert fitting_name("x" * 300 + "1", 250) != fitting_name("x" * 300 + "2", 250)
