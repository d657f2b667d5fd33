"""Pure: a machine as a row, and rows in batches.

Imports nothing else from this package.
"""
