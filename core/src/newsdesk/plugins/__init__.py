"""Which reporters are installed: hooks, entry points, import paths and the registry.

May import: contract, and what is below it.
"""
