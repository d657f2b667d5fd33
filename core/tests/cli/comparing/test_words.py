"""Values and names, as they are written for people and for parsers."""

import re
from html import unescape

import pytest
from hypothesis import given
from newsdesk.cli.comparing import words
from newsdesk.testing.strategies import hostile_text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plant/pump-7", "`plant/pump-7`"),
        ("a b", "`a b`"),
        ("<b>&", "`<b>&`"),
        ("a|b", "<code>a&#124;b</code>"),
        ("a`b", "<code>a&#96;b</code>"),
        ("a\\", "<code>a&#92;</code>"),
        (" a", "<code>&#32;a</code>"),
        ("", "<code></code>"),
        ("a\nb", "<code>a&#92;nb</code>"),
    ],
)
def test_a_name_is_code_in_markdown(text, written):
    assert words.code(text) == written


@given(hostile_text(max_size=40))
def test_a_name_in_markdown_is_literal_whatever_it_holds(text):
    written = words.code(text)
    assert "\n" not in written
    assert "|" not in written
    if written.startswith("`"):
        assert written == f"`{text}`"
        assert "`" not in text
        return
    inner = written.removeprefix("<code>").removesuffix("</code>")
    # Letters, digits and entities: nothing that means anything in Markdown or HTML.
    assert re.fullmatch(r"(?:[^\W_]|&#\d+;|[^\x00-\x7f])*", inner)
    assert unescape(inner) == words.printable(text)


@given(hostile_text(max_size=40))
def test_a_printable_text_has_no_control_characters_and_can_be_written_as_utf8(text):
    assert words.printable(text).isprintable()
    words.printable(text).encode()


def test_a_long_value_is_shortened():
    assert words.value(["x" * 200]) == '["' + "x" * 78 + "…"
    assert words.value({"a": [1, None, "é"]}) == '{"a":[1,null,"é"]}'


def test_numbers_have_six_digits():
    assert [words.number(n) for n in (None, 1 / 3, float("nan"), float("-inf"), 3)] == [
        "-", "0.333333", "NaN", "-Infinity", "3",
    ]  # fmt: skip
