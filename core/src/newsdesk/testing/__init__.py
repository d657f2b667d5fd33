"""The testing kit for reporters: conformance checks, doubles, a proxy that makes faults, and servers.

Only the doubles and the servers work without the extra `newsdesk[testing]`: the proxy needs h11,
`ReporterContract`, `ServerContract` and `newsdesk.testing.fixtures` need pytest, and
`newsdesk.testing.strategies` needs hypothesis.

May import: delivery, and what is below it.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsdesk.testing.capabilities import HTTP as HTTP
    from newsdesk.testing.capabilities import POSTGRES as POSTGRES
    from newsdesk.testing.capabilities import RETRY_AFTER as RETRY_AFTER
    from newsdesk.testing.capabilities import Capabilities as Capabilities
    from newsdesk.testing.capabilities import Network as Network
    from newsdesk.testing.contract import ReporterContract as ReporterContract
    from newsdesk.testing.doubles import FailingReporter as FailingReporter
    from newsdesk.testing.doubles import MemoryReporter as MemoryReporter
    from newsdesk.testing.doubles import SlowReporter as SlowReporter
    from newsdesk.testing.faults.fault import Answer as Answer
    from newsdesk.testing.faults.fault import BlackHole as BlackHole
    from newsdesk.testing.faults.fault import Cut as Cut
    from newsdesk.testing.faults.fault import CutBytes as CutBytes
    from newsdesk.testing.faults.fault import Delay as Delay
    from newsdesk.testing.faults.fault import Fault as Fault
    from newsdesk.testing.faults.fault import Moment as Moment
    from newsdesk.testing.faults.fault import Refuse as Refuse
    from newsdesk.testing.faults.fault import Reset as Reset
    from newsdesk.testing.faults.http_answers import html_answer as html_answer
    from newsdesk.testing.faults.http_answers import http_answer as http_answer
    from newsdesk.testing.faults.postgres_errors import postgres_error as postgres_error
    from newsdesk.testing.machines import MACHINES as MACHINES
    from newsdesk.testing.processes.child import Child as Child
    from newsdesk.testing.processes.child import ChildFailed as ChildFailed
    from newsdesk.testing.processes.child import warm_up as warm_up
    from newsdesk.testing.processes.killing import Boundary as Boundary
    from newsdesk.testing.processes.killing import Job as Job
    from newsdesk.testing.processes.killing import Killed as Killed
    from newsdesk.testing.processes.killing import Survived as Survived
    from newsdesk.testing.processes.killing import kill_at_every_boundary as kill_at_every_boundary
    from newsdesk.testing.processes.simultaneous import deliver_at_once as deliver_at_once
    from newsdesk.testing.protocols.framing import Bursts as Bursts
    from newsdesk.testing.protocols.framing import Framing as Framing
    from newsdesk.testing.protocols.http_framing import HttpFraming as HttpFraming
    from newsdesk.testing.protocols.postgres_framing import PostgresFraming as PostgresFraming
    from newsdesk.testing.protocols.stream import Frame as Frame
    from newsdesk.testing.protocols.stream import Stream as Stream
    from newsdesk.testing.proxy.counts import Counts as Counts
    from newsdesk.testing.proxy.proxy import FaultProxy as FaultProxy
    from newsdesk.testing.servers.contract import ServerContract as ServerContract
    from newsdesk.testing.servers.server import Server as Server
    from newsdesk.testing.servers.server import ServerFailed as ServerFailed
    from newsdesk.testing.servers.server import ServerMissing as ServerMissing

_HOME = {
    "capabilities": ("HTTP", "POSTGRES", "RETRY_AFTER", "Capabilities", "Network"),
    "contract": ("ReporterContract",),
    "doubles": ("FailingReporter", "MemoryReporter", "SlowReporter"),
    "faults.fault": ("Answer", "BlackHole", "Cut", "CutBytes", "Delay", "Fault", "Moment", "Refuse", "Reset"),
    "faults.http_answers": ("html_answer", "http_answer"),
    "faults.postgres_errors": ("postgres_error",),
    "machines": ("MACHINES",),
    "processes.child": ("Child", "ChildFailed", "warm_up"),
    "processes.killing": ("Boundary", "Job", "Killed", "Survived", "kill_at_every_boundary"),
    "processes.simultaneous": ("deliver_at_once",),
    "protocols.framing": ("Bursts", "Framing"),
    "protocols.http_framing": ("HttpFraming",),
    "protocols.postgres_framing": ("PostgresFraming",),
    "protocols.stream": ("Frame", "Stream"),
    "proxy.counts": ("Counts",),
    "proxy.proxy": ("FaultProxy",),
    "servers.contract": ("ServerContract",),
    "servers.server": ("Server", "ServerFailed", "ServerMissing"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}
_EXTRA = ("h11", "hypothesis", "pytest")

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605  (a test compares it with the imports above)


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: not everybody has what all of them need."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'newsdesk.testing' has no attribute {name!r}")
    try:
        module = importlib.import_module(f"newsdesk.testing.{_MODULE_OF[name]}")
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        message = f"newsdesk.testing.{name} needs {error.name}: pip install 'newsdesk[testing]'"
        raise ModuleNotFoundError(message, name=error.name) from error
    globals()[name] = value = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
