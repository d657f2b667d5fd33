"""What is shown of an outbox: which one it is, metrics, and a list of what is owed.

May import: the rest of `newsdesk.cli` but its commands, and what is below it.
"""
