"""Errors of PostgreSQL to give in a server's place."""

import struct

from newsdesk.testing.faults.fault import Answer


def postgres_error(state: str, message: str, *, severity: str = "ERROR") -> Answer:
    """Give an error of PostgreSQL to give in a server's place.

    Args:
        state: Its SQLSTATE, such as 53300 for too many connections.
        message: Its text.
        severity: After FATAL the connection is over, as it is with every error that answers a startup.
    """
    fields = {"S": severity, "V": severity, "C": state, "M": message}
    body = b"".join(f"{field}{value}\0".encode() for field, value in fields.items()) + b"\0"
    fatal = severity == "FATAL"
    ready = b"" if fatal else b"Z" + struct.pack("!I", 5) + b"I"
    error = b"E" + struct.pack("!I", len(body) + 4) + body
    return Answer(error + ready, label=f"SQLSTATE {state}", close=fatal)
