"""The subcommands, one module each: arguments, options and help. What they do is in `work`.

May import: options, data, and `work` within functions.
"""
