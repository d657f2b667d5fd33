"""The files of a site: what is where, and how many writers keep it consistent without a lock.

Records are the truth. Everything else follows from the files that are there when it is written, and is
written again until it does: the last of many writers sees what all of them have written.
"""

import errno
import hashlib
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from newsdesk import Machine, MachineError, MachineKey, PermanentReporterError, TransientReporterError
from newsdesk.atomic import write_atomically

from newsdesk_pages import history
from newsdesk_pages.history import Revision
from newsdesk_pages.text import script

SHARDS = 256
"""Files of the index: of 10,000 machines each has the rows of about 40, and one of them is written again."""

_log = logging.getLogger(__name__)

_RECORD = re.compile(r"([0-9a-f]{64})\.json")
_TRANSIENT = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EIO", "EAGAIN", "EINTR", "ESTALE", "EMFILE", "ENFILE", "ETIMEDOUT")
    if hasattr(errno, name)
)
"""Errors of the system that a retry may fix."""


class Site:
    """A folder with the pages, the records and the index of a fleet.

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

    # Reading

    def revisions(self, slug: str) -> tuple[MachineKey, list[Revision]] | None:
        """Return a machine's key and its revisions, the newest first; None if it has none."""
        data = read(self.history(slug))
        try:
            return None if data is None else history.loaded(data)
        except ValueError as error:
            _log.warning("%s is left out: %s", self.history(slug), error)
            return None

    def slugs(self) -> Iterator[str]:
        """Yield the slugs of all machines, one shard's names in memory at a time."""
        for shard in entries(self.folder / "index"):
            if shard.suffix == "":
                yield from (file.stem for file in entries(shard) if file.suffix == ".jsonl")

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

    # Writing

    def add_revision(self, slug: str, machine: Machine, facts: Callable[[Machine], bytes]) -> bool:
        """Write a record and its facts, and put it among the revisions; return whether anything changed."""
        changed = settle(self.record(slug, machine.revision), machine.to_json)
        changed |= settle(self.facts(slug, machine.revision), lambda: facts(machine))
        now = datetime.now(UTC)

        def merged() -> bytes:
            return history.dumped(machine.key, slug, self._merged(slug, machine, now, facts))

        return changed | settle(self.history(slug), merged)

    def add_row(self, slug: str) -> bool:
        """Write the shard of the index that has the machine's row, and the list of shards."""
        folder = self.history(slug).parent
        target = folder.with_suffix(".js")
        changed = settle(target, lambda: b"newsdesk.rows([\n%b\n]);\n" % b",\n".join(_rows(folder)))
        return changed | settle(self.folder / "index" / "shards.js", self._list_of_shards)

    def _list_of_shards(self) -> bytes:
        files = entries(self.folder / "index")
        names = [file.stem for file in files if file.suffix == ".js" and file.stem != "shards"]
        return script("newsdesk.shards", names)

    def _merged(
        self, slug: str, machine: Machine, now: datetime, facts: Callable[[Machine], bytes]
    ) -> list[Revision]:
        """Return the revisions whose records are there, also those that another writer has just written."""
        _, held = self.revisions(slug) or (None, [])
        known = {each.revision: each for each in held}
        found: list[Revision] = []
        for file in entries(self.folder / "records" / slug):
            name = _RECORD.fullmatch(file.name)
            if name is None or name[1] == machine.revision:
                continue
            if name[1] in known:
                found.append(known[name[1]])
            elif (other := self._left_by_another(slug, name[1])) is not None:
                settle(self.facts(slug, name[1]), lambda other=other: facts(other))  # type: ignore[misc]
                found.append(Revision.of(other, datetime.fromtimestamp(file.stat().st_mtime, UTC)))
        own = known.get(machine.revision) or Revision.of(machine, now)
        return history.ordered([history.latest(own, found, now), *found])

    def _left_by_another(self, slug: str, revision: str) -> Machine | None:
        """Return a machine whose record was written, and nothing else yet."""
        try:
            return self.machine(slug, revision)
        except PermanentReporterError as error:
            _log.warning("%s", error)
            return None


def settle(target: Path, content: Callable[[], bytes]) -> bool:
    """Write what a file must have, until it has it; return whether anything was written.

    `content` is asked again after each write: another writer may have changed what it depends on, or have
    written the file from what it read before.
    """
    changed = False
    while read(target) != (data := content()):
        with errors_of(target):
            write_atomically(target, data)
        changed = True
    return changed


def read(file: Path) -> bytes | None:
    """Return what a file has; None if it is missing."""
    with errors_of(file, "read"):
        try:
            return file.read_bytes()
        except FileNotFoundError:
            return None


def entries(folder: Path) -> Sequence[Path]:
    """Return what a folder has, sorted; nothing if it is missing."""
    with errors_of(folder, "read"):
        try:
            return sorted(folder.iterdir())
        except FileNotFoundError:
            return []


@contextmanager
def errors_of(target: Path, doing: str = "written") -> Iterator[None]:
    """Translate the system's errors to newsdesk's."""
    try:
        yield
    except OSError as error:
        if error.errno in _TRANSIENT:
            raise TransientReporterError(
                f"{str(target)!r} cannot be {doing} now: {error.strerror}"
            ) from error
        raise PermanentReporterError(
            f"{str(target)!r} cannot be {doing}: {error.strerror}; fix the folder, or set another 'folder'"
        ) from error


def _rows(folder: Path) -> Iterator[bytes]:
    """Yield the first line of each machine's file, whole: one cut line would stop the script."""
    for file in entries(folder):
        data = read(file) if file.suffix == ".jsonl" else None
        line, end, _ = (data or b"").partition(b"\n")
        if line.startswith(b"{") and line.endswith(b"}") and end:
            yield line


def _damaged(file: Path, why: str) -> PermanentReporterError:
    return PermanentReporterError(f"{str(file)!r} is damaged: {why}; remove it, and report the machine again")
