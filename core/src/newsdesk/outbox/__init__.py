"""The outbox: records on disk that are still owed to a reporter.

May import: contract, and what is below it.
"""

from newsdesk.outbox.database import OutboxError
from newsdesk.outbox.entry import Entry, State
from newsdesk.outbox.outbox import DamagedError, Outbox
from newsdesk.outbox.statements import Bounds

__all__ = ["Bounds", "DamagedError", "Entry", "Outbox", "OutboxError", "State"]
