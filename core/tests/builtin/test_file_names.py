import ntpath
import os
import re
import sys
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from newsdesk.builtin.file_names import MAX_LENGTH, file_name, original

texts = (
    st.text(st.characters() | st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF), max_size=12)
    | st.text(st.sampled_from("./\\-~% :*aAcCoOnN\0\n\ud83d\ude00"), max_size=8)
    | st.text(min_size=150, max_size=300)
    | st.sampled_from(
        ["", ".", "..", "../..", "con", "CON.txt", "nul", "lpt1", "a" * MAX_LENGTH, "a" * (MAX_LENGTH + 1)]
    )
)


def is_reserved(name):
    """Tell whether Windows keeps a name for itself."""
    if sys.version_info >= (3, 13):
        return ntpath.isreserved(name)
    return PureWindowsPath(name).is_reserved()


@given(texts)
def test_a_name_is_read_back_unless_it_was_shortened(text):
    name = file_name(text)
    if name.shortened:
        with pytest.raises(ValueError) as caught:  # noqa: PT011  (its text is compared whole)
            original(name)
        assert str(caught.value) == f"{str(name)!r} was shortened; the record in the file has the whole name"
    else:
        assert original(name) == text


@given(texts, texts)
def test_different_texts_have_different_names(one, other):
    assume(one != other)
    assert file_name(one) != file_name(other)


@given(texts)
def test_a_name_stays_in_its_folder_on_every_system(text):
    name = file_name(text)
    assert re.fullmatch(r"[A-Za-z0-9_.%~ -]+", name)
    assert 0 < len(name) <= MAX_LENGTH
    assert name[0] not in ".- "
    assert name[-1] not in ". "
    for suffix in ("", ".json"):
        assert os.path.normpath(f"folder/{name}{suffix}") == f"folder/{name}{suffix}"
        assert PureWindowsPath(f"{name}{suffix}").parts == (f"{name}{suffix}",)
        assert not is_reserved(f"{name}{suffix}")


@given(texts)
def test_a_file_can_have_the_name(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp()
    path = Path(folder, f"{file_name(text)}.json")
    path.write_bytes(b"")
    assert path in folder.iterdir()
    path.unlink()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ct-23-0002", "ct-23-0002"),
        ("Model_A.v2 final", "Model_A.v2 final"),
        ("", "%"),
        ("%", "%25"),
        ("..", "%2E%2E"),
        ("../etc/passwd", "%2E.%2Fetc%2Fpasswd"),
        ("/abs", "%2Fabs"),
        ("a\\b:c", "a%5Cb%3Ac"),
        ("-rf", "%2Drf"),
        ("end.", "end%2E"),
        ("a\0\n", "a%00%0A"),
        ("nul", "%6Eul"),
        ("Con.tar.gz", "%43on.tar.gz"),
        ("contact", "contact"),
        ("~", "%7E"),
        ("ä", "%C3%A4"),
        ("\ud800", "%ED%A0%80"),
    ],
)
def test_usual_names_stay_as_they_are_and_others_are_percent_encoded(text, name):
    assert file_name(text) == name
    assert not file_name(text).shortened


def test_a_long_name_ends_with_a_digest_of_the_whole():
    name = file_name("a" * 1000)
    assert name.shortened
    assert len(name) == MAX_LENGTH
    assert name.startswith("aaaa")
    assert name != file_name("a" * 1001)
    assert not file_name("a" * MAX_LENGTH).shortened
