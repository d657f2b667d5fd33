"""Whether a value is of an annotated type, and the type as a JSON Schema.

May import: nothing of newsdesk.
"""
