import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from newsdesk import Machine, canonical
from newsdesk_postgres.row.jsonb import Encoder, is_suspect

TEXT = st.text(st.one_of(st.sampled_from("\0␛\\u0\ud800"), st.characters(exclude_categories=())), max_size=8)
NUMBERS = st.one_of(st.integers(-(2**200), 2**200), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)


def encoded(value):
    encoder = Encoder()
    return encoder.value(value, ("metadata",)), encoder


@given(VALUES)
@example(-0.0)
@example(1e22)
@example(1.5e300)
@example({"\0": 1})
def test_whatever_jsonb_does_not_give_back_is_suspected(value):
    _, encoder = encoded(value)
    assert is_suspect(canonical.dumps(value)) or not encoder.loses


def test_a_hexadecimal_digest_is_not_taken_for_a_number_with_an_exponent():
    """Nearly every record holds one, and a suspect costs a walk through all of it."""
    assert not is_suspect(canonical.dumps({"revision": "9e1f3e77ae4", "of": ["4e2a", "e1"]}))


@given(VALUES)
@example({"\0": ["\ud800"]})
def test_nothing_is_changed_without_being_told(value):
    kept, encoder = encoded(value)
    assert json.dumps(kept) == json.dumps(value) or encoder.alterations
    assert encoder.loses or not encoder.alterations


@pytest.mark.parametrize("value", [{"a": [1.5, -0.25, -0.05, 1e-7, "e5" * 3, None, True, 2**100, "\\u0001"]}])
def test_what_jsonb_holds_is_left_alone(value):
    kept, encoder = encoded(value)
    assert kept == value
    assert not encoder.loses
    assert encoder.alterations == []


def test_an_alteration_names_its_path_and_the_characters():
    _, encoder = encoded({"history": [{"lo\0ss": -0.0}]})
    assert [str(alteration) for alteration in encoder.alterations] == [
        "metadata.history.0.lo␛0000ss encoded: U+0000 encoded as ␛ and four hexadecimal digits, since PostgreSQL "
        "cannot store it; the column 'record' has the original",
        "metadata.history.0.lo␛0000ss encoded: jsonb has no negative zero; stored as 0.0; the column 'record' has the "
        "original",
    ]


def test_a_large_float_is_the_same_number_and_so_no_alteration():
    kept, encoder = encoded(1e22)
    assert kept == 1e22
    assert encoder.loses
    assert encoder.alterations == []


def test_a_real_record_raises_no_false_alarm(real_machine: Machine):
    assert not is_suspect(real_machine.to_json())
