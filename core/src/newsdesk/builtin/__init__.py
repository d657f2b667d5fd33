"""The reporters that come with newsdesk, and the registry that knows them.

May import: what a plugin may import; the registry also `newsdesk.plugins`.
"""
