"""Compares machines: what changed from one record to another, and whether a score got worse.

Pure: nothing here reads a backend; only `Rules.read` reads a file.

May import: config, and what is below it.
"""
