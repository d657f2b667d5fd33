"""The parameters of a reporter: as given, checked against its class, and with references resolved.

May import: exceptions, secrets and the modules beside them.
"""
