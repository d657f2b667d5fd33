"""Compares what two backends hold, and moves records from one to the other.

May import: the rest of `newsdesk.cli` but its commands, and what is below it.
"""
