"""For those who test a reporter: a conformance kit, doubles, a proxy that breaks things, children that die.

Only `ReporterContract` and `newsdesk.testing.fixtures` need pytest, and only `newsdesk.testing.strategies`
needs hypothesis; both come with the extra `newsdesk[testing]`.

May import: delivery, and what is below it.
"""

from typing import TYPE_CHECKING, Any

from newsdesk.testing.capabilities import HTTP, POSTGRES, RETRY_AFTER, Capabilities, Network
from newsdesk.testing.children import Child, ChildFailed, warm_up
from newsdesk.testing.crowd import deliver_at_once
from newsdesk.testing.doubles import FailingReporter, MemoryReporter, SlowReporter
from newsdesk.testing.faults import Answer, BlackHole, Cut, CutBytes, Delay, Fault, Moment, Refuse, Reset
from newsdesk.testing.framing import Bursts, Framing
from newsdesk.testing.http_framing import HttpFraming, html_answer, http_answer
from newsdesk.testing.killing import Boundary, Job, Killed, Survived, kill_at_every_boundary
from newsdesk.testing.postgres_framing import PostgresFraming, postgres_error
from newsdesk.testing.proxy import Counts, FaultProxy
from newsdesk.testing.server import Server, ServerFailed, ServerMissing
from newsdesk.testing.streams import Stream, Unit

if TYPE_CHECKING:
    from newsdesk.testing.contract import ReporterContract as ReporterContract

__all__ = [
    "HTTP",
    "POSTGRES",
    "RETRY_AFTER",
    "Answer",
    "BlackHole",
    "Boundary",
    "Bursts",
    "Capabilities",
    "Child",
    "ChildFailed",
    "Counts",
    "Cut",
    "CutBytes",
    "Delay",
    "FailingReporter",
    "Fault",
    "FaultProxy",
    "Framing",
    "HttpFraming",
    "Job",
    "Killed",
    "MemoryReporter",
    "Moment",
    "Network",
    "PostgresFraming",
    "Refuse",
    "ReporterContract",
    "Reset",
    "Server",
    "ServerFailed",
    "ServerMissing",
    "SlowReporter",
    "Stream",
    "Survived",
    "Unit",
    "deliver_at_once",
    "html_answer",
    "http_answer",
    "kill_at_every_boundary",
    "postgres_error",
    "warm_up",
]


def __getattr__(name: str) -> Any:
    """Import the contract when it is first asked for: pytest is not there for everybody."""
    if name != "ReporterContract":
        raise AttributeError(f"module 'newsdesk.testing' has no attribute {name!r}")
    from newsdesk.testing.contract import ReporterContract  # noqa: PLC0415  (see above)

    globals()[name] = ReporterContract
    return ReporterContract


def __dir__() -> list[str]:
    return [*globals(), *__all__]
