"""The subcommands, one module each.

May import: the rest of cli, and everything below it.
"""
