"""What a site has, and where: records, pages, and an index in parts.

Records are the only truth. Every other file follows from the files that are there, and each writer writes it
until it does, so that many writers need no lock: the last one sees what all have written.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from newsdesk import Machine, MachineError, PermanentReporterError, Receipt, canonical

from newsdesk_pages import history
from newsdesk_pages.files import errors_of, first_line, names, read, settle
from newsdesk_pages.history import Revision
from newsdesk_pages.text import script

SHARDS = 256
"""Parts of the index: of 10,000 machines each has the rows of about 40, and a report writes one of them."""

_RECORD = re.compile(r"([0-9a-f]{64})\.json")
_SHARD = re.compile(r"([0-9a-f]{2})\.js")

_log = logging.getLogger(__name__)


class Site:
    """A folder with the records, the pages and the index of a fleet.

    Args:
        folder: It is made when the first machine comes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

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
        """Return where a machine's row of the index and its revisions are."""
        shard = hashlib.sha256(slug.encode()).digest()[0] % SHARDS
        return self.folder / "index" / f"{shard:02x}" / f"{slug}.jsonl"

    def _receipts(self, slug: str) -> Path:
        return self.folder / "receipts" / slug

    # Reading

    def slugs(self) -> Iterator[str]:
        """Yield the slugs of all machines."""
        records = self.folder / "records"
        return (name for name in names(records) if (records / name).is_dir())

    def has(self, slug: str) -> bool:
        """Return whether there is a record of a machine."""
        return bool(self._revisions(slug))

    def revisions(self, slug: str) -> list[Revision]:
        """Return a machine's revisions, the newest first."""
        known, new = self._known(slug)
        return history.ordered([*known, *(Revision.of(*each) for each in new)])

    def machine(self, slug: str, revision: str) -> Machine | None:
        """Return a machine by its record; None if there is none.

        Raises:
            PermanentReporterError: it is damaged.
        """
        file = self.record(slug, revision)
        if (data := read(file)) is None:
            return None
        try:
            machine = Machine.from_json(data)
        except MachineError as error:
            raise _damaged(file, str(error)) from error
        if machine.revision != revision:
            raise _damaged(file, "it is not what was reported")
        return machine

    def receipts(self, slug: str) -> list[dict[str, str]]:
        """Return where else a machine is: `reporter`, `reference` and `revision` of each."""
        folder = self._receipts(slug)
        found = (read(folder / name) for name in names(folder) if name.endswith(".json"))
        return sorted((canonical.loads(data) for data in found if data), key=lambda each: each["reporter"])

    # Writing

    def add_revision(self, slug: str, machine: Machine, facts: Callable[[Machine], bytes]) -> bool:
        """Write a record and its facts, and put it among the revisions; return whether anything changed."""
        now = datetime.now(UTC)
        changed = settle(self.record(slug, machine.revision), machine.to_json)
        changed |= settle(self.facts(slug, machine.revision), lambda: facts(machine))

        def merged() -> bytes:
            known, new = self._known(slug, besides=machine.revision)
            for other, _ in new:  # left by a writer that was killed, or has not come further yet
                settle(self.facts(slug, other.revision), partial(facts, other))
            others = [each for each in known if each.revision != machine.revision]
            others += [Revision.of(*each) for each in new]
            own = next((each for each in known if each.revision == machine.revision), None)
            own = history.latest(own or Revision.of(machine, now), others, now)
            ordered = history.ordered([own, *others])
            compared = map(partial(self._compared, slug), ordered, [*ordered[1:], None])
            return history.dumped(slug, [*compared])

        return changed | settle(self.history(slug), merged)

    def add_receipt(self, slug: str, receipt: Receipt) -> bool:
        """Write down where another reporter has put a machine; return whether it was not known."""
        told = {name: getattr(receipt, name) for name in ("reporter", "reference", "revision")}
        # By a digest: a label may be any text.
        name = hashlib.sha256(receipt.reporter.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return settle(self._receipts(slug) / f"{name}.json", partial(canonical.dumps, told))

    def add_row(self, slug: str) -> bool:
        """Write the part of the index that has the machine's row, and the list of parts."""
        folder = self.history(slug).parent
        target = folder.with_suffix(".js")
        changed = settle(target, lambda: b"newsdesk.rows([\n%b\n]);\n" % b",\n".join(_rows(folder)))
        return changed | settle(self.folder / "index" / "shards.js", self._list_of_shards)

    def _list_of_shards(self) -> bytes:
        shards = map(_SHARD.fullmatch, names(self.folder / "index"))
        return script("newsdesk.shards", [shard[1] for shard in shards if shard is not None])

    def _revisions(self, slug: str) -> list[str]:
        """Return the revisions of the records that are there."""
        records = map(_RECORD.fullmatch, names(self.folder / "records" / slug))
        return [record[1] for record in records if record is not None]

    def _known(
        self, slug: str, besides: str | None = None
    ) -> tuple[list[Revision], list[tuple[Machine, datetime]]]:
        """Return the revisions in a machine's file, and the records that it lacks, with their times.

        Args:
            slug: The machine.
            besides: A revision that is not to be read.
        """
        file = self.history(slug)
        data = read(file)
        try:
            held = {} if data is None else {each.revision: each for each in history.loaded(data)}
        except ValueError as error:
            _log.warning("%s is left out: %s", file, error)
            held = {}
        found = self._revisions(slug)
        records = ((name, self._usable(slug, name)) for name in found if name not in held and name != besides)
        new = [(machine, _written(self.record(slug, name))) for name, machine in records if machine]
        return [held[name] for name in found if name in held], new

    def _compared(self, slug: str, own: Revision, before: Revision | None) -> Revision:
        """Return a revision with what changed since the one before it."""
        if before is None or own.since == before.revision:
            return own
        records = [self._usable(slug, each.revision) for each in (own, before)]
        return history.with_changes(own, *records) if all(records) else own  # type: ignore[arg-type]

    def _usable(self, slug: str, revision: str) -> Machine | None:
        """Return a machine by its record; None if that is missing or damaged."""
        try:
            return self.machine(slug, revision)
        except PermanentReporterError as error:
            _log.warning("%s", error)
            return None


def _written(file: Path) -> datetime:
    with errors_of(file, "read"):
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _rows(folder: Path) -> Iterator[bytes]:
    """Yield the first line of each machine's file, whole: one cut line would stop the script."""
    for name in names(folder):
        line = first_line(f"{folder}/{name}") if name.endswith(".jsonl") else b""
        if line.startswith(b"{") and line.endswith(b"}\n"):
            yield line[:-1]


def _damaged(file: Path, why: str) -> PermanentReporterError:
    return PermanentReporterError(f"{str(file)!r} is damaged: {why}; remove it, and report the machine again")
