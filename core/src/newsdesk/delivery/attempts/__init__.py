"""The attempts of a reporter to deliver one machine, alone or with others.

May import: call, outcome, retry, and what is below the desk.
"""
