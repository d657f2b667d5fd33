"""The list of what a backend holds: which entries, in which order, with which columns, in which form.

May import: the rest of `newsdesk.cli` but its commands, and what is below it.
"""
