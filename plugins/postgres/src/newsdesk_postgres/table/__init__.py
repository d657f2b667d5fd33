"""The table of machines: SQL, migration, privileges and operations.

May import `row`, `connection` and `errors`.
"""
