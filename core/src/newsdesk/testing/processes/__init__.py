"""Deliveries in child processes, which are killed or run at the same time.

May import: the desk, proxy and faults.
"""
