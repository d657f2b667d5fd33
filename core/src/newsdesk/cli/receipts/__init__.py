"""How a command shows receipts: as they come, and what they add up to at the end.

May import: the rest of cli, and everything below it.
"""
