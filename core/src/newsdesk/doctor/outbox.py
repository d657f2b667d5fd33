"""The outbox: can it be written, and does anything in it need attention?"""

from collections.abc import Collection, Iterator, Mapping

from newsdesk.config.file import Config
from newsdesk.contract.finding import Finding
from newsdesk.outbox import Outbox, OutboxError
from newsdesk.outbox.backlog import Group, Total, age, seconds_since
from newsdesk.outbox.entry import State
from newsdesk.outbox.storage.mounts import remote_type

SUBJECT = "outbox"
OVERDUE = 3600.0
"""Seconds after which an owed record should have been sent, by the next reports or by a job."""


def findings(config: Config) -> Iterator[Finding]:
    """Check the config's outbox, and write to it; one that does not exist is created."""
    if config.outbox is None:
        yield Finding("not configured; what cannot be delivered in time is not kept", subject=SUBJECT)
        return
    if isinstance(config.outbox, Outbox) and (kind := remote_type(config.outbox.path)):
        text = f"{config.outbox.path} is on a file system ({kind}) that several computers may use"
        yield Finding(f"{text}, which damages it", "use a local disk or an object store", subject=SUBJECT)
    try:
        with config.outbox as outbox:
            outbox.probe()
            totals = outbox.totals()
    except OutboxError as error:
        yield Finding.of_message(str(error), "name another place in the config", subject=SUBJECT)
    else:
        yield Finding(f"{config.outbox.place} can be written", subject=SUBJECT)
        yield from of_totals(totals, {route.label for route in config.routes})


def of_totals(totals: Mapping[Group, Total], labels: Collection[str]) -> Iterator[Finding]:
    """Report what is owed, and what of that needs attention."""
    for (label, state), total in totals.items():
        if state is State.DEAD:
            text = f"{total.entries} dead for {label}"
            remedy = "fix what 'newsdesk outbox dead' lists, then 'newsdesk outbox requeue'"
            yield Finding(text, remedy, subject=SUBJECT)
        elif state is not State.STANDBY and label not in labels:
            text = f"{total.entries} for {label}, and the config has no reporter of that label"
            remedy = f"give a reporter the label {label!r}, then 'newsdesk outbox send'"
            yield Finding(text, remedy, subject=SUBJECT)
        elif state is State.OWED:
            yield _waiting(label, total)
    if all(state is State.STANDBY for _, state in totals):
        yield Finding("nothing is owed", subject=SUBJECT)


def _waiting(label: str, total: Total) -> Finding:
    text = f"{total.entries} owed to {label}, the oldest for {age(total.oldest)}"
    late = seconds_since(total.oldest) > OVERDUE
    remedy = "find out why with 'newsdesk outbox send'" if late else ""
    return Finding(text, remedy, subject=SUBJECT)
