"""What the checks of the kit are made of: fixtures, records, and the backend seen from outside.

May import: capabilities, processes, proxy and faults.
"""
