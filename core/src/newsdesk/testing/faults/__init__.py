"""What can go wrong between a client and a server, and in which order.

May import: nothing else of newsdesk.
"""
