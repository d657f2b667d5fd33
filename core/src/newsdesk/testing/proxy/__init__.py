"""The proxy that carries, counts and breaks connections.

May import: faults and protocols.
"""
