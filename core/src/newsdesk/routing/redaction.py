"""What a reporter may not see of a machine."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from newsdesk.exceptions import DefinitionError, Fault
from newsdesk.machine import REDACTION, Machine
from newsdesk.routing.paths import Keys, Path, text_of
from newsdesk.routing.seal import seal
from newsdesk.secrets.masking import MARK

IDENTITY = ("name", "project_name")
"""What a machine is filed under, which cannot be redacted."""

PARTS = ("model", "dataset", "metadata", "runtime", "evaluation")
"""The parts of a record that must stay mappings: to redact one is to redact each of its values."""


@dataclass(frozen=True)
class Redaction:
    """Replaces values in the records that a reporter gets, see `newsdesk.routing.paths`."""

    paths: tuple[Path, ...] = ()
    """Where they are."""

    @classmethod
    def of(cls, value: object) -> Self:
        """Read the option `redact`.

        Raises:
            DefinitionError: A path is not valid; its `faults` are all of them.
        """
        if not isinstance(value, list | tuple):  # what is read once, a generator, would be empty when used
            raise DefinitionError("redact must be a list of paths")
        paths: list[Path] = []
        faults: list[Fault] = []
        for index, text in enumerate(value):
            try:
                path = Path.of(text)
            except DefinitionError as error:
                faults.append(Fault(str(index), error.message))
                continue
            paths.append(path)
            if path.root in IDENTITY:
                reason = "identifies the machine, so it cannot be redacted; remove it, or use 'when'"
                faults.append(Fault(str(index), f"{path.text!r} {reason}"))
        if faults:
            raise DefinitionError("redact cannot be used", faults)
        return cls(tuple(paths))

    def apply(self, machine: Machine) -> Machine:
        """Return a machine with the values replaced, and the revision and model key of the original.

        What is redacted already stays so, whoever did it. Its `source` is not the original's.
        """
        machine = machine.redacted()
        if not self.paths:
            return machine
        record = machine.to_dict()
        record.pop(REDACTION, None)
        places = {text_of(keys): keys for keys in _outermost(self._found(record))}
        if not places:
            return machine
        for keys in places.values():
            _replace(record, keys)
        paths = [*machine.redactions, *places]
        declared = seal(record, machine.revision, machine.model_key, paths)
        return Machine.from_dict({**record, REDACTION: declared})

    def unmatched(self, machine: Machine) -> Iterator[tuple[Path, list[str]]]:
        """Yield the paths that lead nowhere in a machine; each with the keys where it ends, if any."""
        record = machine.to_dict() if self.paths else {}
        for path in self.paths:
            if next(path.find(record), None) is None:
                yield path, path.sibling_keys(record)

    def _found(self, record: Mapping[str, Any]) -> Iterator[Keys]:
        for path in self.paths:
            for keys, value in path.find(record):
                if len(keys) > 1 or keys[0] not in (*IDENTITY, *PARTS):
                    found = [(keys, value)]
                else:
                    below = value.items() if keys[0] in PARTS else ()
                    found = [((keys[0], key), item) for key, item in below]
                yield from (place for place, item in found if item != MARK)


def _outermost(found: Iterable[Keys]) -> Iterator[Keys]:
    """Yield the places that are in no other."""
    places = set(found)
    yield from (keys for keys in places if not any(keys[:length] in places for length in range(1, len(keys))))


def _replace(record: Any, keys: Keys) -> None:
    for key in keys[:-1]:
        record = record[key]
    record[keys[-1]] = MARK
