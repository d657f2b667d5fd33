"""What a docstring says of each argument."""

from newsdesk.contract.parameters.docstrings import argument_texts

DOCSTRING = """Does something.

    With a paragraph: not an argument.

    Args:
        first: one line.
        second (int): a line,
            and another, with a colon: here.

            And a paragraph.
        **rest: all others.

    Raises:
        ValueError: never.
    """


def test_each_argument_has_its_text_on_one_line():
    assert argument_texts(DOCSTRING) == {
        "first": "one line.",
        "second": "a line, and another, with a colon: here. And a paragraph.",
        "rest": "all others.",
    }


def test_a_docstring_without_arguments_has_no_texts():
    assert argument_texts("Does nothing.\n\nRaises:\n    ValueError: never.") == {}


def test_no_docstring_has_no_texts():
    assert argument_texts(None) == {}
