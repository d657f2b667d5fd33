"""What a machine becomes: its items, names and batches under a server's limits, without any I/O.

May import `limits`, `choice` and `errors`.
"""
