"""Pytest plugins of all tests: here, since pytest takes them from the topmost conftest alone."""

import signal

pytest_plugins = ["newsdesk.testing.fixtures", "pytester"]

# What a script runs in its background ignores Ctrl-C, and so would every process that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
