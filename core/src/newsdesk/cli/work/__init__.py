"""What the subcommands do, one module each; imported when one runs, so that `--help` is quick.

May import: the rest of cli but the subcommands, and everything below it.
"""
