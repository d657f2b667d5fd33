"""An error of PostgreSQL that the proxy gives is one that a client understands."""

from newsdesk.testing import PostgresFraming, postgres_error


def test_a_made_error_ends_the_connection_only_when_it_is_fatal():
    error, fatal = postgres_error("40001", "again"), postgres_error("53300", "too many", severity="FATAL")
    assert (error.close, fatal.close) == (False, True)
    assert [frame.label for frame in PostgresFraming().answered(error.data)] == ["ready"]
    assert b"C40001\0Magain\0" in error.data
    assert error.label == "SQLSTATE 40001"
