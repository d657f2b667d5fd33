"""The outbox: can it be written, and does what it owes need a person?"""

from collections.abc import Collection, Iterator

from newsdesk.config.file import Config
from newsdesk.contract.finding import Finding
from newsdesk.outbox import OutboxError
from newsdesk.outbox.backlog import Backlog, age, seconds_since
from newsdesk.outbox.entry import State
from newsdesk.outbox.storage.mounts import remote_type

SUBJECT = "outbox"
OVERDUE = 3600.0
"""Seconds after which what is owed should have been sent, by the next reports or by a job."""


def findings(config: Config) -> Iterator[Finding]:
    """Look at the config's outbox, and write to it: one that does not exist is created."""
    if config.outbox is None:
        yield Finding(SUBJECT, "the config has none; what cannot be delivered in time is not kept")
        return
    if kind := remote_type(config.outbox.path):
        text = f"{config.outbox.path} is on a file system ({kind}) that several computers may use"
        yield Finding(SUBJECT, f"{text}, which damages it", "use a file on a local disk")
    try:
        with config.outbox as outbox:
            outbox.probe()
            backlog = Backlog.of(outbox)
    except OutboxError as error:
        yield Finding.of_message(SUBJECT, str(error), "name another file in the config")
    else:
        yield Finding(SUBJECT, f"{config.outbox.path} can be written")
        yield from of_backlog(backlog, {route.label for route in config.routes})


def of_backlog(backlog: Backlog, labels: Collection[str]) -> Iterator[Finding]:
    """Tell what of a backlog a person should know."""
    for (label, state), count in backlog.counts.items():
        if state is State.DEAD:
            text = f"{count} for {label} failed for good"
            remedy = "see why with 'newsdesk outbox dead', mend that, then 'newsdesk outbox requeue'"
            yield Finding(SUBJECT, text, remedy)
        elif state is not State.STANDBY and label not in labels:
            text = f"{count} for {label} stay, since the config has no reporter of that label"
            yield Finding(SUBJECT, text, f"give a reporter the label {label!r}, then 'newsdesk outbox send'")
        elif state is State.OWED:
            yield _waiting(label, count, backlog.oldest.get(label))
    if all(state is State.STANDBY for _, state in backlog.counts):
        yield Finding(SUBJECT, "nothing is owed")


def _waiting(label: str, count: int, created: float | None) -> Finding:
    since = "" if created is None else f", the oldest for {age(created)}"
    late = created is not None and seconds_since(created) > OVERDUE
    remedy = "see what holds it up with 'newsdesk outbox send'" if late else ""
    return Finding(SUBJECT, f"{count} for {label} wait to be sent{since}", remedy)
