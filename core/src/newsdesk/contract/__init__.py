"""What a reporter is: its base class, its life, its parameters, and what it returns.

May import: exceptions, machine and the modules beside them.
"""
