"""The record of an entry, as it was kept or not at all."""

import hashlib

from newsdesk.exceptions import MachineError
from newsdesk.machine import Machine
from newsdesk.outbox.entry import Entry
from newsdesk.outbox.storage.faults import DamagedError


def machine_of(entry: Entry, record: bytes | None) -> Machine:
    """Give an entry's machine.

    Raises:
        DamagedError: the record is damaged, or there is none any more.
    """
    if record is None:
        raise DamagedError(f"{entry} has no record any more, because a newer one was delivered")
    if hashlib.sha256(record).hexdigest() != entry.revision:
        raise DamagedError(f"{entry} is damaged: its record is not what was kept; report the machine again")
    try:
        machine = Machine.from_json(record)
    except MachineError as error:
        raise DamagedError(f"{entry} cannot be read: {error}; report the machine again") from error
    if machine.key != entry.key:
        raise DamagedError(f"{entry} is damaged: its record is of {machine.key}; report both again")
    return machine
