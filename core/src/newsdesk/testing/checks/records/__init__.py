"""Checks of what arrives at a backend that works.

May import: as `checks`.
"""
