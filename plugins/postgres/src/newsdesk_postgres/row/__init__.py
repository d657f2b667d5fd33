"""What a machine becomes: one row, and rows in batches, without any I/O.

May import nothing else of this package.
"""
