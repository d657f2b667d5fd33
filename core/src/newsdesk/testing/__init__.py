"""For those who test a reporter: a proxy that breaks connections, and processes that die at the worst moment.

Nothing here needs pytest.
"""

from newsdesk.testing.children import Child, ChildFailed, warm_up
from newsdesk.testing.crowd import deliver_at_once
from newsdesk.testing.faults import Answer, BlackHole, Cut, CutBytes, Delay, Fault, Moment, Refuse, Reset
from newsdesk.testing.framing import Bursts, Framing
from newsdesk.testing.http_framing import HttpFraming, html_answer, http_answer
from newsdesk.testing.killing import Boundary, Job, Killed, Survived, kill_at_every_boundary
from newsdesk.testing.postgres_framing import PostgresFraming, postgres_error
from newsdesk.testing.proxy import Counts, FaultProxy
from newsdesk.testing.streams import Stream, Unit

__all__ = [
    "Answer",
    "BlackHole",
    "Boundary",
    "Bursts",
    "Child",
    "ChildFailed",
    "Counts",
    "Cut",
    "CutBytes",
    "Delay",
    "Fault",
    "FaultProxy",
    "Framing",
    "HttpFraming",
    "Job",
    "Killed",
    "Moment",
    "PostgresFraming",
    "Refuse",
    "Reset",
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
