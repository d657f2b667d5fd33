"""The result of a gate as Markdown, for a merge request."""

from collections.abc import Iterator

from newsdesk.cli.comparing import words
from newsdesk.cli.comparing.gate_text import CHECKS, summary
from newsdesk.comparison.gate import GateResult


def lines(result: GateResult) -> Iterator[str]:
    """Yield the lines: a summary, and a table of the checks that did not pass."""
    yield f"### Gate {summary(result)}"
    listed = sorted((c for c in result.checks if c.status != "passed"), key=lambda check: not check.fails)
    if not listed:
        return
    yield ""
    rows = [
        [
            words.code(str(check.machine)),
            words.code(check.place),
            words.number(check.baseline),
            words.number(check.candidate),
            words.number(check.allowed),
            f"**{check.status}**" if check.fails else str(check.status),
        ]
        for check in listed[:CHECKS]
    ]
    headings = ["machine", "score", "baseline", "candidate", "allowed", "result"]
    yield from words.table(headings, rows, numbers=3)
    yield from words.more(len(listed) - CHECKS, "checks")
