"""Checks of the reporter as an object: its parameters, its life, its secrets, its name.

May import: as `checks`.
"""
