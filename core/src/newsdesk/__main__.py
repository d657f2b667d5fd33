"""`python -m newsdesk`: the command, where its script is not on the path."""

from newsdesk.cli import main

if __name__ == "__main__":
    main(prog_name="python -m newsdesk")
