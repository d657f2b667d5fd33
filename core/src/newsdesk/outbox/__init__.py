"""The outbox: records on disk that are still owed to a reporter.

May import: contract, and what is below it.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsdesk.outbox.backlog import Total as Total
    from newsdesk.outbox.base import BaseOutbox as BaseOutbox
    from newsdesk.outbox.bounds import Bounds as Bounds
    from newsdesk.outbox.entry import Entry as Entry
    from newsdesk.outbox.entry import State as State
    from newsdesk.outbox.entry import Ticket as Ticket
    from newsdesk.outbox.outbox import Outbox as Outbox
    from newsdesk.outbox.storage.database import BUSY as BUSY
    from newsdesk.outbox.storage.faults import DamagedError as DamagedError
    from newsdesk.outbox.storage.faults import OutboxError as OutboxError

_MODULE_OF = {
    "BUSY": "storage.database",
    "BaseOutbox": "base",
    "Bounds": "bounds",
    "DamagedError": "storage.faults",
    "Entry": "entry",
    "Outbox": "outbox",
    "OutboxError": "storage.faults",
    "State": "entry",
    "Ticket": "entry",
    "Total": "backlog",
}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605  (a test holds it to the imports above)


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: the config names the bounds also where there is no outbox."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'newsdesk.outbox' has no attribute {name!r}")
    return getattr(importlib.import_module(f"newsdesk.outbox.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
