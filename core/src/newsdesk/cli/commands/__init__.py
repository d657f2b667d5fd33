"""The subcommands, one module each: arguments, options and help. What they do is in `work`.

Their folders are the sections of `--help`.

May import: options, data, and `work` within functions.
"""
