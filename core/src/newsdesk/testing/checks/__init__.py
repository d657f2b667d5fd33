"""The checks of the conformance kit, by subject; `ReporterContract` joins them.

`reporter` has those of the object itself, `records` those of what arrives, `faults` those of what breaks.

May import: harness, inspection, and what is below them.
"""
