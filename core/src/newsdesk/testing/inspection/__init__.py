"""What can be checked of a reporter without its backend; `newsdesk doctor` uses it too.

May import: nothing else of `newsdesk.testing`, and no pytest.
"""
