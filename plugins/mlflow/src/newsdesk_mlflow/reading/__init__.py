"""What a server holds, read back: which machines, and their records.

May import `transport` and `mapping`.
"""
