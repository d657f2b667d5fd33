"""Connecting: the address, libpq's settings, logins, the pool, and the meaning of errors.

May import `errors`.
"""
