"""`newsdesk doctor`: diagnoses an installation and lists fixes.

May import: config, and what is below it.
"""
