"""Real servers for tests, which end with the tests.

May import: nothing else of `newsdesk.testing`.
"""
