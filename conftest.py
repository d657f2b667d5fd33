"""Pytest plugins of all tests: here, since pytest takes them from the topmost conftest alone."""

pytest_plugins = ["newsdesk.testing.fixtures", "pytester"]
