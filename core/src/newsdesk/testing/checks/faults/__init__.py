"""Checks of what happens while the backend, or the way to it, is broken.

May import: as `checks`.
"""
