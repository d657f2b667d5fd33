"""Which machines a reporter gets, and what of them: its `when` and its `redact`.

May import: exceptions, canonical, alteration, machine.
"""
