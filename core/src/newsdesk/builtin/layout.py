"""Where `files` and `objects` keep a machine, and what they find there: the same paths and content."""

import logging
from datetime import UTC, datetime

from newsdesk import canonical
from newsdesk.alteration import Alteration
from newsdesk.contract.stored import StoredMachine
from newsdesk.exceptions import MachineError, PermanentReporterError
from newsdesk.machine import Machine, MachineKey
from newsdesk.slug import slug_of

_log = logging.getLogger(__name__)


def place(key: MachineKey) -> tuple[str, list[Alteration]]:
    """Return the path of a machine, `project/name.json`, and what its names were altered for it."""
    project, name = slug_of(key.project_name, "project_name"), slug_of(key.name, "name")
    return f"{project}/{name}.json", [*project.alterations, *name.alterations]


def described(path: str, content: bytes, modified: float, reference: str) -> StoredMachine | None:
    """Describe what is at a path; None if it is not a machine's.

    What is not JSON was a record: who copies or compares the place must hear of it.

    Args:
        path: The path.
        content: What is there.
        modified: When it was written, as seconds since 1970.
        reference: The place, for people.
    """
    time = datetime.fromtimestamp(modified, UTC)
    try:
        machine = Machine.from_dict(canonical.loads(content))
    except MachineError:  # JSON of somebody else
        return None
    except ValueError as error:
        _log.warning("%s does not hold a record: %s", reference, error)
        project, _, name = path.removesuffix(".json").partition("/")
        key = MachineKey("" if project == slug_of("", "") else project, name)
        return StoredMachine(key=key, time=time, reference=reference)
    if place(machine.key)[0] != path:  # copied here by somebody: `fetch` does not find it
        return None
    return StoredMachine.of(machine, time=time, reference=reference)


def record_of(content: bytes, shown: str) -> Machine:
    """Return the machine of a record.

    Args:
        content: The record.
        shown: Where it is, for the message.

    Raises:
        PermanentReporterError: It is damaged.
    """
    try:
        return Machine.from_json(content)
    except MachineError as error:
        raise PermanentReporterError(
            f"{shown} does not hold a record: {error}; move it away, and report the machine again"
        ) from error


def refuse_another(content: bytes, key: MachineKey, shown: str, remedy: str) -> None:
    """Refuse to replace another machine's record; a damaged one is replaced.

    Args:
        content: What is in the place.
        key: The machine that belongs there.
        shown: The place, for the message.
        remedy: What to do.

    Raises:
        PermanentReporterError: It is another machine's.
    """
    try:
        other = Machine.from_json(content).key
    except MachineError:
        return
    if other != key:
        raise PermanentReporterError(f"{shown} holds the machine {str(other)!r}, not {str(key)!r}; {remedy}")
