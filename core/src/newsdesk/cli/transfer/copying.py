"""Copies records from one backend to another: each that the source lists ends in one receipt."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import NamedTuple

from newsdesk.cli.executors import Pool
from newsdesk.cli.receipts.summary import closable
from newsdesk.cli.transfer.ahead import ahead
from newsdesk.cli.transfer.endpoint import Endpoint
from newsdesk.cli.transfer.held import Held, State, compare, compare_all
from newsdesk.cli.transfer.holdings import Holdings
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.delivery.desk import Desk
from newsdesk.delivery.job import CHUNK_SIZE
from newsdesk.exceptions import (
    DefinitionError,
    MachineDoesNotExist,
    PermanentReporterError,
    ReporterException,
)
from newsdesk.machine import Machine, MachineKey

_REASONS = {
    State.NEWER: "it holds, or is owed, a newer revision; --overwrite sends this one all the same",
    State.DIFFERENT: "it holds another revision, which may be newer; --overwrite sends this one all the same",
}


class _Item(NamedTuple):
    """A record to be sent."""

    key: MachineKey
    held: Held
    """What the source lists."""
    age: int
    """How many older revisions of the machine the source holds."""
    rival: Held | None = None
    """What the target ends with, if it is only sent where that proves to be older."""


class Copying:
    """One run of the command.

    Args:
        source: Where records come from.
        listed: What it holds, and is to be copied.
        target: Where they go to.
        held: What that holds of these machines.
        owed: What an outbox is going to send there of them.
        overwrite: Whether to send also what may be older than what the target holds.
    """

    def __init__(
        self,
        source: Endpoint,
        listed: Holdings,
        target: Endpoint,
        held: Holdings,
        *,
        owed: Mapping[MachineKey, Held],
        overwrite: bool,
    ) -> None:
        self._source = source
        self._listed = listed
        self._target = target
        self._held = held
        self._owed = owed
        self._overwrite = overwrite

    def receipts(self, desk: Desk, pool: Pool) -> Iterator[Receipt]:
        """Deliver to the only reporter of a desk what the target does not hold, and yield all receipts.

        Records are read a chunk ahead. Of a machine, an older revision is delivered before a newer one.
        """
        readers, items = pool.readers, list[_Item]()
        for decided in ahead(self._decided, self._listed, workers=readers, most=CHUNK_SIZE):
            for each in decided:
                if isinstance(each, Receipt):
                    yield each
                else:
                    items.append(each)
        # The oldest of every machine first: a chunk has a machine once.
        items.sort(key=lambda item: item.age)
        unread = deque[Receipt]()

        def read() -> Iterator[Machine]:
            for result in ahead(self._read, items, workers=readers, most=max(CHUNK_SIZE, 2 * readers)):
                if isinstance(result, Receipt):
                    unread.append(result)
                else:
                    yield result

        size = pool.chunk_size(len(items), CHUNK_SIZE)
        delivered = desk.report_many(read(), pool.executor, chunk_size=size, in_flight=pool.in_flight)
        with closing(closable(delivered)) as stream:
            for receipt in stream:
                while unread:
                    yield unread.popleft()
                yield receipt
        yield from unread

    def _decided(self, key: MachineKey) -> list[Receipt | _Item]:
        """Return what is to be sent of a machine, and a receipt for each revision that is not."""
        listed = known = self._listed[key]
        label = self._target.label
        try:
            held = self._held_by_target(key)
            if held:
                label = self._source.label
                known = [self._source.identified(key, each) for each in listed]
        except ReporterException as error:
            return [_receipt(label, key, each, Status.FAILED, error) for each in listed]
        rivals = [*([self._owed[key]] if key in self._owed else []), *held]
        states = [*compare_all(known, rivals)]
        overwrite = self._overwrite and states[0] is not State.EQUAL
        is_ordered = bool(rivals) and rivals[0].revision in {each.revision for each in known}
        there = {each.revision for each in held}
        decided: list[Receipt | _Item] = []
        for age, index in enumerate(reversed(range(len(listed)))):
            ours, item, state = known[index], _Item(key, listed[index], age), states[index]
            if state is State.EQUAL and ours.revision in there:
                decided.append(self._unsent(key, ours, state))
            elif overwrite or state in {State.MISSING, State.EQUAL}:  # the latter is only owed
                decided.append(item)
            elif is_ordered or rivals[0].revision is None or (ours.created and rivals[0].created):
                decided.append(item if state is State.OLDER else self._unsent(key, ours, state))
            else:  # their records have the dates
                decided.append(item._replace(rival=rivals[0]))
        return decided

    def _held_by_target(self, key: MachineKey) -> Sequence[Held]:
        held = self._held.get(key, ())
        try:
            return [self._target.identified(key, each) for each in held]
        except DefinitionError:  # it cannot read records back
            return held
        except (PermanentReporterError, MachineDoesNotExist):  # damaged, which is replaced now, or removed
            return ()

    def _read(self, item: _Item) -> Machine | Receipt:
        """Return the record of an item, or the receipt of one that is not sent."""
        label = self._source.label
        try:
            machine = self._source.fetch(item.key, item.held.revision)
            label = self._target.label
            state = self._state_of(item, machine)
        except ReporterException as error:
            return _receipt(label, item.key, item.held, Status.FAILED, error)
        is_sent = state in {State.OLDER, State.MISSING}
        return machine if is_sent else self._unsent(item.key, item.held, state)

    def _state_of(self, item: _Item, machine: Machine) -> State:
        """Compare a record that was read with what the target ends with, by their dates."""
        rival = item.rival
        if rival is None:
            return State.MISSING
        try:
            if rival is not self._owed.get(item.key):
                rival = self._target.dated(item.key, rival)
        except (PermanentReporterError, MachineDoesNotExist):
            return State.MISSING
        except DefinitionError:  # it cannot read records back
            pass
        return compare(item.held.with_record(machine), rival)

    def _unsent(self, key: MachineKey, held: Held, state: State) -> Receipt:
        if state is State.EQUAL:
            return _receipt(self._target.label, key, held, Status.UNCHANGED)
        return _receipt(self._target.label, key, held, Status.SKIPPED, ReporterException(_REASONS[state]))


def _receipt(
    label: str,
    key: MachineKey,
    held: Held,
    status: Status,
    error: ReporterException | None = None,
) -> Receipt:
    """Return the receipt of a record that was not sent."""
    shown = None if error is None else error.with_traceback(None)  # which would keep what was read
    return Receipt(key, held.revision or "", label, status, attempts=0, error=shown)
