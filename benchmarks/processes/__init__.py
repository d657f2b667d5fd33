"""Whole processes: where they are installed, and what they cost."""
