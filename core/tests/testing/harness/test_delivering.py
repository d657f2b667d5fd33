"""What a check does with a reporter."""

from newsdesk.testing.harness.delivering import error_of


def test_what_a_call_raises_is_given():
    assert isinstance(error_of(int, "x"), ValueError)
    assert error_of(int, "1") is None
