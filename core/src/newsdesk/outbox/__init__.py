"""The outbox: records on disk that are still owed to a reporter.

May import: contract, and what is below it.
"""

from newsdesk.outbox.entry import Entry, State, Ticket
from newsdesk.outbox.ledger import Bounds
from newsdesk.outbox.outbox import Outbox
from newsdesk.outbox.storage.database import BUSY
from newsdesk.outbox.storage.faults import DamagedError, OutboxError

__all__ = ["BUSY", "Bounds", "DamagedError", "Entry", "Outbox", "OutboxError", "State", "Ticket"]
