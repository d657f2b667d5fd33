"""The file below the outbox: how it is made, opened, locked, forced to the disk, and what its faults mean.

May import: what is below the outbox.
"""
