"""Where requests and answers begin and end in HTTP and PostgreSQL's protocol.

May import: nothing else of newsdesk.
"""
