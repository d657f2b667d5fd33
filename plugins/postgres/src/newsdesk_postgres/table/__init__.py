"""The table of machines: its SQL, its migration, and what is done with it.

May import `row`, `connection` and `errors`.
"""
