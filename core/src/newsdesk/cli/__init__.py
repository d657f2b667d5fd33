"""The command `newsdesk`."""

from newsdesk.cli.main import main as main
