"""The checks of the conformance kit, by subject; `ReporterContract` joins them.

May import: harness, inspection, and what is below them.
"""
