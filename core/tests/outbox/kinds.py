"""The outboxes that the same tests hold for: SQLite, and objects in memory, in a folder, and in servers of S3, Azure and Google."""

import contextlib
import importlib.util
import sqlite3

import pytest
from newsdesk.exceptions import PermanentReporterError
from newsdesk.outbox import Outbox
from newsdesk.outbox.objects import names
from newsdesk.outbox.objects.outbox import ObjectOutbox

from core.tests.outbox.memory import MemoryOutbox, MemoryStore
from core.tests.stores import azurite, testbench

HAS_SERVERS = all(map(importlib.util.find_spec, ("obstore", "moto", "flask")))
SERVERS = [
    name
    for name, has_it in (("s3", True), ("azure", azurite()), ("google", testbench()))
    if HAS_SERVERS and has_it
]
KINDS = ["sqlite", "memory", "folder", *(pytest.param(name, marks=pytest.mark.stores) for name in SERVERS)]

of_every_kind = pytest.mark.parametrize("kind", KINDS)


class Maker:
    """Makes outboxes of one kind that share their place."""

    def __init__(self, kind, request, folder):
        self.kind = kind
        self.opened = []
        if kind == "sqlite":
            self._make = lambda bounds: Outbox(folder / "owed.db", bounds)
        elif kind == "memory":
            store = MemoryStore()
            self._make = lambda bounds: MemoryOutbox(store, bounds)
        elif kind == "folder":
            self._make = lambda bounds: ObjectOutbox(f"file://{folder}/shared", None, bounds)
        else:
            server = request.getfixturevalue(kind)
            url, options = server.bucket() + "/outbox", server.options()
            self._make = lambda bounds: ObjectOutbox(url, options, bounds)

    def __call__(self, bounds=None):
        outbox = self._make(bounds)
        if self.kind in SERVERS:
            outbox._is_checked = True  # its conditions are those of each test of the same server
        self.opened.append(outbox)
        return outbox

    def close(self):
        for outbox in self.opened:
            outbox.close()


def set_processes(outbox, processes):
    """Say which process an outbox is of, and which others are gone."""
    if isinstance(outbox, Outbox):
        outbox._store.processes = processes
    else:
        outbox._machines.processes = processes


def records(outbox):
    """Give the ids of the records that are kept."""
    if isinstance(outbox, Outbox):
        return outbox._database.read(lambda db: [row[0] for row in db.execute("SELECT id FROM records")])
    return sorted(name.id for name in outbox._listing.names(*names.ALL))


def tickets_left(outbox):
    """Count the tickets that are open."""
    if isinstance(outbox, Outbox):
        return outbox._database.read(lambda db: db.execute("SELECT count(*) FROM tickets").fetchone()[0])
    listed = outbox._store(10).list(names.STATES)
    return sum(len(outbox._machines.read(found.path, 10)[0].tickets) for found in listed)


def tamper(outbox, entry, change):
    """Change an entry's record behind the outbox's back."""
    if isinstance(outbox, Outbox):
        outbox.close()
        with contextlib.closing(sqlite3.connect(outbox.path)) as db, db:
            [record] = db.execute("SELECT record FROM records WHERE id = ?", (entry.id,)).fetchone()
            db.execute("UPDATE records SET record = ? WHERE id = ?", (change(record), entry.id))
    else:
        store = outbox._store(10)
        store.put(entry.record, change(store.get(entry.record).content))


def refuse_writes(outbox):
    """Let an outbox fail from now on when it writes."""
    if isinstance(outbox, Outbox):
        outbox._database.read(lambda db: db.execute("PRAGMA query_only=ON"))
    else:
        store = ReadOnly(outbox._store(10))
        outbox._store = lambda within: store
        outbox._machines._store = outbox._store


class ReadOnly:
    """A store whose writes are refused, as those of an account without the right."""

    def __init__(self, store):
        self.get, self.list = store.get, store.list

    def put(self, path, *_):
        raise PermanentReporterError(f"writing {path}: it answers 403")

    create = replace = delete = put
