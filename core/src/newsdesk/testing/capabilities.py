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
    """What a backend behind a network may say instead of taking a record."""

    transient: tuple[Answer, ...] = ()
    """Answers after which another try is worth it."""
    permanent: tuple[Answer, ...] = ()
    """Answers after which none is."""
    throttled: Answer | None = None
    """The answer that asks to wait `RETRY_AFTER` seconds; None where the protocol has none."""


HTTP = Network(
    transient=tuple(map(http_answer, (429, 500, 502, 503))),
    permanent=(html_answer(),),
    throttled=http_answer(429, retry_after=RETRY_AFTER),
)
"""A backend that speaks HTTP; a page for people, with status 200, is what a portal answers in its place."""

POSTGRES = Network(
    transient=tuple(
        postgres_error(state, "not now", severity="FATAL") for state in ("53300", "57P01", "57P03")
    ),
    permanent=(http_answer(503), http_answer(429)),
)
"""A backend that speaks PostgreSQL's protocol; whoever answers in HTTP is none."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a reporter can do; the kit holds it to all of that, and skips what it does not claim."""

    changed: Literal["replaces", "adds"] = "replaces"
    """What a changed record does to the one before it."""
    keeps: bool = True
    """Whether what it delivers can be read back."""
    name: str | None = None
    """The name that its plugin registers it by."""
    secrets: tuple[str, ...] = ()
    """The parameters that hold secrets, beside those annotated as such."""
    tells_unchanged: bool = True
    """Whether it tells a record that was there already by `Delivery(unchanged=True)`."""
    alters: bool = False
    """Whether something of a hostile record does not fit its backend, and is told as an alteration."""
    ping: bool = False
    """Whether it has a `ping`."""
    holds: bool = False
    """Whether it has a `holds`."""
    thread_safe: bool = True
    """Whether one open reporter may be used by several threads at once."""
    processes: bool = True
    """Whether several processes may deliver at once."""
    network: Network | None = None
    """What its backend may say, where a network is between them."""
    metrics: int = 100_000
    """Values of the longest training history; fewer only where the backend takes very long for so many."""
    preload: tuple[str, ...] = ()
    """Modules that child processes load beforehand: those that take long, such as the backend's library."""

    @property
    def throttled(self) -> bool:
        """Whether its backend can ask to wait."""
        return self.network is not None and self.network.throttled is not None

    def lacks(self, needs: Iterable[str]) -> str | None:
        """Give why a check that needs some capabilities is skipped; None, when it is not."""
        missing = [name for name in needs if not getattr(self, name)]
        return f"not declared: {', '.join(missing)}" if missing else None
