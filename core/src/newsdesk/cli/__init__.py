"""The command `newsdesk`.

May import: everything else.
"""

try:
    from newsdesk.cli.main import main as main
except KeyboardInterrupt:  # `Stops`, which handles signals from here on, was not there yet
    raise SystemExit(130) from None
