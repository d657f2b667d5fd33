"""The records of a backend, read without the reporter's code, and compared with what was delivered."""

from collections.abc import Callable, Iterable

from newsdesk.machine import Machine
from newsdesk.testing.harness.check import expect


class BackendRecords:
    """The records that a backend holds.

    Args:
        read: Gives every copy of every record, as text, mapping or machine.
    """

    def __init__(self, read: Callable[[], Iterable[object]]) -> None:
        self._read = read

    def records(self) -> list[bytes]:
        """Give every copy of every record, as canonical JSON."""
        return [_machine(record).to_json() for record in self._read()]

    def of(self, *machines: Machine) -> list[bytes]:
        """Give every copy of every record that has the key of one of these machines."""
        keys = {machine.key for machine in machines}
        return [record for record in self.records() if Machine.from_json(record).key in keys]

    def expect(self, *machines: Machine, after: str) -> None:
        """Fail unless the backend holds these records and no other of these keys, each complete and once.

        Raises:
            AssertionError: with the difference.
        """
        found = self.of(*machines)
        wanted = [machine.to_json() for machine in machines]
        for record in wanted:
            count = found.count(record)
            expect(
                count, f"after {after} the backend does not hold {_shown(record)}; of its key: {_list(found)}"
            )
            expect(count == 1, f"after {after} the backend holds {count} copies of {_shown(record)}")
        more = [record for record in found if record not in wanted]
        expect(not more, f"after {after} the backend holds what was not reported: {_list(more)}")


def _machine(record: object) -> Machine:
    return Machine.from_json(record) if isinstance(record, bytes | str) else Machine.of(record)


_MOST = 400
_FEW = 4


def _shown(record: bytes) -> str:
    text = record.decode("utf-8", "backslashreplace")
    return text if len(text) <= _MOST else f"{text[:_MOST]}… ({len(record)} bytes)"


def _list(records: list[bytes]) -> str:
    more = f" and {len(records) - _FEW} more" if len(records) > _FEW else ""
    return "; ".join(map(_shown, records[:_FEW])) + more if records else "nothing"
