"""Reads what the backend of a reporter holds, in the reporter's own thread.

May import: the dispatcher, contract, and what is below them.
"""
