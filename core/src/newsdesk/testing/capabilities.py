"""What a reporter can do, as its author declares it to the conformance kit."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from newsdesk.testing.faults.fault import Answer
from newsdesk.testing.faults.http_answers import html_answer, http_answer
from newsdesk.testing.faults.postgres_errors import postgres_error

RETRY_AFTER = 7
"""Seconds that a server asks to wait, in the kit's answers."""


@dataclass(frozen=True)
class Network:
    """The answers with which a backend behind a network may refuse a record."""

    transient: tuple[Answer, ...] = ()
    """Answers after which a retry may succeed."""
    permanent: tuple[Answer, ...] = ()
    """Answers after which it cannot."""
    throttled: Answer | None = None
    """The answer that asks to wait `RETRY_AFTER` seconds; None where the protocol has none."""


HTTP = Network(
    transient=tuple(map(http_answer, (429, 500, 502, 503))),
    permanent=(html_answer(),),
    throttled=http_answer(429, retry_after=RETRY_AFTER),
)
"""A backend that speaks HTTP; its permanent answer is the sign-in page of a portal, with status 200."""

POSTGRES = Network(
    transient=tuple(
        postgres_error(state, text, severity="FATAL")
        for state, text in (
            ("53300", "sorry, too many clients already"),
            ("57P01", "terminating connection due to administrator command"),
            ("57P03", "the database system is starting up"),
        )
    ),
    permanent=(http_answer(503), http_answer(429)),
)
"""A backend that speaks PostgreSQL's protocol; its permanent answers are those of a server of HTTP."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a reporter can do: the kit checks all of that, and skips the checks of what is not declared."""

    changed: Literal["replaces", "adds"] = "replaces"
    """What a changed record does to the previous one."""
    keeps: bool = True
    """Whether what it delivers can be read back."""
    name: str | None = None
    """The name that its plugin registers it by."""
    secrets: tuple[str, ...] = ()
    """The parameters that hold secrets, beside those annotated as such."""
    tells_unchanged: bool = True
    """Whether it returns `Delivery(unchanged=True)` for a record that was there already."""
    alters: bool = False
    """Whether a part of a hostile record does not fit its backend, and is reported as an alteration."""
    ping: bool = False
    """Whether it has a `ping`."""
    holds: bool = False
    """Whether it has a `holds`."""
    thread_safe: bool = True
    """Whether one open reporter may be used by several threads at once."""
    processes: bool = True
    """Whether several processes may deliver at once."""
    network: Network | None = None
    """How its backend may refuse, if there is a network between them."""
    metrics: int = 100_000
    """Values of the longest training history; fewer only where the backend takes very long for so many."""
    preload: tuple[str, ...] = ()
    """Modules to import before child processes are forked: the slow ones, such as the backend's library."""

    @property
    def throttled(self) -> bool:
        """Whether its backend can ask to wait."""
        return self.network is not None and self.network.throttled is not None

    def lacks(self, needs: Iterable[str]) -> str | None:
        """Give why a check that needs some capabilities is skipped; None, when it is not."""
        missing = [name for name in needs if not getattr(self, name)]
        return f"not declared: {', '.join(missing)}" if missing else None
