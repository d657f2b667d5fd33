"""The page of one machine, for a terminal.

May import: the rest of `newsdesk.cli` but its commands, and what is below it.
"""
