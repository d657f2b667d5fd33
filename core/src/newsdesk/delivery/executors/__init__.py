"""Delivers machines by the workers of an executor.

May import: the engine and what is below it.
"""
