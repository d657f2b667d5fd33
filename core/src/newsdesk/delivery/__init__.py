"""A desk sends machines to reporters: isolation, retries, deadlines, many machines, executors.

May import: builtin's registry, plugins, contract, outbox, and what is below them.
"""
