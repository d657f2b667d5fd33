"""The command `newsdesk`.

May import: everything else.
"""

try:
    from newsdesk.cli.main import main as main
except KeyboardInterrupt:  # click, which answers it from here on, was not there yet
    raise SystemExit("Aborted!") from None
