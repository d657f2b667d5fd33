"""A private PostgreSQL in a folder: its binaries, its data, and starting and stopping it. POSIX only.

May import `errors`. Only the reporter imports it, and only if `embedded` is set.
"""

from newsdesk_postgres.embedded.server import EmbeddedPostgres, Server

__all__ = ["EmbeddedPostgres", "Server"]
