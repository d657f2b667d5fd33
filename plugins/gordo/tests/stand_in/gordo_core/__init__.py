"""gordo_core."""
