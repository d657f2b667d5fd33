from hypothesis import example, given
from hypothesis import strategies as st
from newsdesk_postgres.row.text import NAME_BYTES, decode, encode, is_fit, shorten

ANY_TEXT = st.text(
    st.one_of(st.sampled_from("\0␛…0d8ab\\\ud800\udfff"), st.characters(exclude_categories=()))
)


@given(ANY_TEXT)
def test_encoding_is_reversible(text):
    assert decode(encode(text)) == text


@given(ANY_TEXT)
def test_encoded_text_is_utf_8_without_nul(text):
    assert b"\0" not in encode(text).encode("utf-8")


@given(ANY_TEXT, ANY_TEXT)
@example("\0", "␛0000")
@example("\\\0", "\\\\u0000")
def test_two_texts_never_become_one(one, other):
    assert (encode(one) == encode(other)) == (one == other)


@given(st.text(st.characters(exclude_characters="\0␛", exclude_categories=["Cs"])))
def test_ordinary_text_stays_as_it_is(text):
    assert encode(text) == text
    assert is_fit(text)


def test_encoded_characters_can_be_read():
    assert encode("a\0b\ud800c␛") == "a␛0000b␛d800c␛241b"


@given(ANY_TEXT.map(encode), st.integers(0, 400))
def test_a_filed_name_fits_into_an_index(text, repeats):
    assert len(shorten(text * repeats).encode()) <= NAME_BYTES


def test_names_that_differ_at_their_end_alone_are_filed_apart():
    assert shorten("é" * 5000 + "a") != shorten("é" * 5000 + "b")


def test_a_shortened_name_looks_like_no_name_that_was_not():
    assert encode(shorten("a" * 5000)) != shorten("a" * 5000)


@given(st.text(max_size=250))
def test_a_short_name_is_not_shortened(text):
    assert shorten(text) == text
