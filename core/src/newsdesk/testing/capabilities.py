"""What a reporter can do, as its author declares it to the conformance kit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from newsdesk.testing.faults.fault import Answer
from newsdesk.testing.faults.http_answers import html_answer, http_answer
from newsdesk.testing.faults.postgres_errors import postgres_error
from newsdesk.testing.machines import HOSTILE

RETRY_AFTER = 7
"""Seconds that a server asks to wait, in the kit's answers."""

FEWEST_METRICS = 1_000
"""Values of a training history: of fewer no backend has a limit."""

FEWEST_MACHINES = 20
"""Machines of a long listing: fewer are not long."""


@dataclass(frozen=True)
class Network:
    """The answers with which a backend behind a network may refuse a record."""

    transient: tuple[Answer, ...] = ()
    """Answers to the first request of a reporter, such as a login, after which a retry may succeed."""
    permanent: tuple[Answer, ...] = ()
    """Answers to it after which a retry cannot."""
    open_transient: tuple[Answer, ...] = ()
    """Answers to a request of an open reporter, such as a statement, after which a retry may succeed."""
    open_permanent: tuple[Answer, ...] = ()
    """Answers to it after which a retry cannot."""
    throttled: Answer | None = None
    """The answer that asks to wait `RETRY_AFTER` seconds; None where the protocol has none."""
    rejected: Answer | None = None
    """The answer to a request with one record that is refused, and would be again."""
    absent: tuple[Answer, ...] = ()
    """Those of the permanent answers that mean, to a request that reads, that nothing is there."""


_BUSY = tuple(map(http_answer, (408, 429, 500, 502, 503, 504)))
# A refused login is last: a reporter may rightly not try it again.
_WRONG = (*map(http_answer, (400, 404, 501)), html_answer(), *map(http_answer, (401, 403)))

HTTP = Network(
    transient=_BUSY,
    permanent=_WRONG,
    open_transient=_BUSY,
    open_permanent=_WRONG,
    throttled=http_answer(429, retry_after=RETRY_AFTER),
    rejected=http_answer(400),
    absent=(http_answer(404),),
)
"""A backend that speaks HTTP; a permanent answer is also the sign-in page of a portal, with status 200."""


def _fatal(state: str, text: str) -> Answer:
    return postgres_error(state, text, severity="FATAL")


_NO_TABLE = postgres_error("42P01", "relation does not exist")

POSTGRES = Network(
    transient=(
        _fatal("53300", "sorry, too many clients already"),
        _fatal("57P01", "terminating connection due to administrator command"),
        _fatal("57P03", "the database system is starting up"),
    ),
    permanent=(
        _fatal("28P01", "password authentication failed"),
        _fatal("3D000", "database does not exist"),
        http_answer(503),
        http_answer(429),
    ),
    open_transient=(
        _fatal("57P01", "terminating connection due to administrator command"),
        postgres_error("40001", "could not serialize access due to concurrent update"),
        postgres_error("40P01", "deadlock detected"),
        postgres_error("55P03", "canceling statement due to lock timeout"),
        postgres_error("53100", "could not extend file: No space left on device"),
    ),
    open_permanent=(
        postgres_error("42501", "permission denied for table"),
        _NO_TABLE,
    ),
    rejected=postgres_error("23514", "new row violates a check constraint"),
    absent=(_NO_TABLE,),
)
"""A backend that speaks PostgreSQL's protocol; two of its permanent answers are those of a server of HTTP."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a reporter can do: the kit checks all of that, and skips the checks of what is not declared.

    Raises:
        TypeError: something is declared that makes no sense; lists all of it.
    """

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
    alters: Mapping[str, int] = field(default_factory=dict)
    """How many alterations it reports of each of the hostile machines that does not fit, such as
    `{"long-names": 4}`; 0 for the others."""
    ping: bool = False
    """Whether it has a `ping`."""
    holds: bool = False
    """Whether it has a `holds`."""
    fetch: bool = False
    """Whether it has `fetch` and `machines`."""
    thread_safe: bool = True
    """Whether one open reporter may be used by several threads at once."""
    processes: bool = True
    """Whether several processes may deliver at once."""
    network: Network | None = None
    """How its backend may refuse, if there is a network between them."""
    metrics: int = 100_000
    """Values of the longest training history; fewer only where the backend takes very long for so many."""
    machines: int = 1_001
    """Machines of the longest listing, more than a page has; fewer only where a report takes long, and pages
    are smaller."""
    preload: tuple[str, ...] = ()
    """Modules to import before child processes are forked: the slow ones, such as the backend's library."""

    def __post_init__(self) -> None:
        if faults := list(_faults(vars(self))):
            raise TypeError("these Capabilities cannot be declared: " + "; ".join(faults))

    @property
    def throttled(self) -> bool:
        """Whether its backend can ask to wait."""
        return self.network is not None and self.network.throttled is not None

    @property
    def rejected(self) -> bool:
        """Whether its backend has an answer for a single record that it refuses."""
        return self.network is not None and self.network.rejected is not None

    @property
    def no_network(self) -> bool:
        """Whether it reaches its backend without a network."""
        return self.network is None

    def lacks(self, needs: Iterable[str]) -> list[str]:
        """Give the capabilities among the needs of a check that are not declared."""
        return [name for name in needs if not getattr(self, name)]


def _faults(declared: Mapping[str, Any]) -> Iterable[str]:
    for each in fields(Capabilities):
        value = declared[each.name]
        if isinstance(each.default, bool) and not isinstance(value, bool):
            yield f"{each.name} must be True or False, but is {value!r}"
        if isinstance(each.default, tuple) and not _is_names(value):
            yield f"{each.name} must be a tuple of names, but is {value!r}"
    if declared["changed"] not in ("replaces", "adds"):
        yield f"changed must be 'replaces' or 'adds', but is {declared['changed']!r}"
    if not isinstance(declared["name"], str | None) or declared["name"] == "":
        yield f"name must be the name of a reporter, or None, but is {declared['name']!r}"
    if not isinstance(declared["network"], Network | None):
        yield (
            "network must be newsdesk.testing.HTTP, POSTGRES or your own Network(…), "
            f"but is {declared['network']!r}"
        )
    for name, fewest in (("metrics", FEWEST_METRICS), ("machines", FEWEST_MACHINES)):
        if isinstance(declared[name], bool) or not _is_least(declared[name], fewest):
            yield f"{name} must be a number of at least {fewest:,}, but is {declared[name]!r}"
    yield from _faults_of_alterations(declared["alters"])


def _faults_of_alterations(alters: Any) -> Iterable[str]:
    if not isinstance(alters, Mapping):
        yield (
            "alters must map names of hostile machines to their numbers of alterations, such as "
            f"{{'long-names': 2}}, but is {alters!r}"
        )
        return
    for name, count in alters.items():
        if name not in HOSTILE or not _is_least(count, 1):
            yield (
                f"alters has {name!r}: {count!r}, which is not a number of alterations of one of "
                f"{', '.join(HOSTILE)}"
            )


def _is_names(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(name, str) for name in value)


def _is_least(value: Any, least: int) -> bool:
    return isinstance(value, int) and value >= least
