"""gordo.reporters."""
