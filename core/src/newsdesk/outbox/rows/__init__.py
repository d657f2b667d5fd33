"""The outbox as rows of a SQLite file."""
