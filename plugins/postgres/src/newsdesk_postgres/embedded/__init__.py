"""A private PostgreSQL in a folder: its programs, its data and its life; on a POSIX system.

May import `errors`. Only the reporter imports it, and only when it is asked for one.
"""

from newsdesk_postgres.embedded.server import EmbeddedPostgres, Server

__all__ = ["EmbeddedPostgres", "Server"]
