"""What a site has, and where: records, pages, and an index in parts.

Records are the only truth. Every other file follows from the files that are there, and each writer writes it
until it does, so that many writers need no lock: the last one sees what all have written.
"""

import dataclasses
import hashlib
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from newsdesk import Machine, MachineError, MachineKey, PermanentReporterError, StoredMachine, canonical

from newsdesk_pages import history
from newsdesk_pages.files import errors_of, names, read

SHARDS = 256
"""Parts of the index: of 10,000 machines each has the rows of about 40, and a report writes one of them."""

_RECORD = re.compile(r"([0-9a-f]{64})\.json")
_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Site:
    """A folder with the records, the pages and the index of a fleet."""

    folder: Path
    """It is made when the first machine comes."""

    def page(self, slug: str) -> Path:
        """Return where a machine's page is."""
        return self.folder / "machines" / f"{slug}.html"

    def record(self, slug: str, revision: str) -> Path:
        """Return where a record is, as canonical JSON."""
        return self.folder / "records" / slug / f"{revision}.json"

    def facts(self, slug: str, revision: str) -> Path:
        """Return where the script is from which a record is compared with another."""
        return self.folder / "records" / slug / f"{revision}.js"

    def history(self, slug: str) -> Path:
        """Return where a machine's line of the index and its revisions are."""
        shard = hashlib.sha256(slug.encode()).digest()[0] % SHARDS
        return self.folder / "index" / f"{shard:02x}" / f"{slug}.jsonl"

    def receipt(self, slug: str, reporter: str) -> Path:
        """Return where it is noted where else a machine is."""
        # A label may be any text.
        return self.folder / "receipts" / slug / f"{MachineKey('', reporter).slug()}.json"

    def slugs(self) -> Iterator[str]:
        """Yield the slugs of all machines."""
        records = self.folder / "records"
        return (name for name in names(records) if (records / name).is_dir())

    def recorded(self, slug: str) -> list[str]:
        """Return the revisions of a machine that have a record."""
        found = map(_RECORD.fullmatch, names(self.folder / "records" / slug))
        return [match[1] for match in found if match is not None]

    def revisions(self, slug: str) -> list[StoredMachine]:
        """Return a machine's revisions, the newest first: those with a record that can be read."""
        file = self.history(slug)
        try:
            held = {each.revision: each for each in history.loaded(read(file) or b"")}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            _log.warning("%s is damaged, and is written again from the records: %r", file, error)
            held = {}
        found = (held.get(revision) or self._described(slug, revision) for revision in self.recorded(slug))
        return history.ordered([each for each in found if each is not None])

    def machine(self, slug: str, revision: str) -> Machine | None:
        """Return a machine by its record; None if there is none.

        Raises:
            PermanentReporterError: it is damaged.
        """
        file = self.record(slug, revision)
        if (data := read(file)) is None:
            return None
        try:
            machine = _machine(data)
            why = "it is not what was reported"
        except MachineError as error:
            machine, why = None, str(error)
        if machine is None or machine.revision != revision:
            raise PermanentReporterError(
                f"{str(file)!r} is damaged: {why}; remove it, and report the machine again"
            )
        return machine

    def readable(self, slug: str, revision: str) -> Machine | None:
        """Return a machine by its record; None if that is missing or damaged, which is logged."""
        try:
            return self.machine(slug, revision)
        except PermanentReporterError as error:
            _log.warning("%s", error)
            return None

    def receipts(self, slug: str) -> list[dict[str, str]]:
        """Return where else a machine is: `reporter`, `reference` and `revision` of each."""
        folder = self.folder / "receipts" / slug
        found = [read(folder / name) for name in names(folder) if name.endswith(".json")]
        return [canonical.loads(data) for data in found if data]

    def _described(self, slug: str, revision: str) -> StoredMachine | None:
        """Describe a record that is not in the machine's file: it is new, or its writer was killed."""
        if (machine := self.readable(slug, revision)) is None:
            return None
        file = self.record(slug, revision)
        with errors_of(file, "read"):
            return StoredMachine.of(machine, time=datetime.fromtimestamp(file.stat().st_mtime, UTC))


@lru_cache(maxsize=8)  # one report reads the same records several times
def _machine(data: bytes) -> Machine:
    return Machine.from_json(data)
