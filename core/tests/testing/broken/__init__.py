"""Reporters that are right in everything but one thing; `Folder` and `Wire` are right in that too."""
