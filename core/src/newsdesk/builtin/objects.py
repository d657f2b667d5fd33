"""A bucket of JSON objects, one for each machine."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from newsdesk.builtin.layout import described, place, record_of, refuse_another
from newsdesk.contract.deadline import remaining_seconds
from newsdesk.contract.delivery import Delivery, Plan
from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.stored import StoredMachine, sole_project
from newsdesk.exceptions import DefinitionError, MachineDoesNotExist
from newsdesk.machine import Machine, MachineKey
from newsdesk.objectstore.atonce import AT_ONCE, at_once
from newsdesk.objectstore.opening import faults, opened
from newsdesk.slug import slug_of

if TYPE_CHECKING:
    from newsdesk.objectstore.store import Found, ObjectStore

TIMEOUT = 30.0
"""Seconds that the store may take to answer a request, if the first deadline leaves as many."""

_REMEDY = "move that object away, or set 'url' to another prefix"


class ObjectsReporter(BaseReporter):
    """Writes each machine's canonical JSON to `url/<project>/<name>.json` in an object store.

    The layout is that of `files`: a folder that was copied to a bucket is read by this reporter, and the
    other way round. Stores: S3 and what is compatible with it, Azure Blob Storage, Google Cloud Storage; they
    need obstore: `pip install 'newsdesk[objects]'`. A folder too, for a try without a store.

    Args:
        url: `s3://bucket/prefix`, `az://container/prefix` or `gs://bucket/prefix`, whose bucket must exist;
            or `file:///folder`, an absolute path, which is made when needed.
        options: What the store takes beside it, by obstore's names, such as `region`, `endpoint` or
            `account_name`. What is missing is found where the store's own tools find it: in the environment,
            in a workload identity, or in the role of the instance. Keys, tokens and secrets are masked.
    """

    _store: "ObjectStore"

    def __init__(self, url: str, *, options: Mapping[str, str] | None = None) -> None:
        self.url = url
        self.options = options

    def validate(self) -> None:
        """Check the URL."""
        if found := faults(self.url):
            raise DefinitionError("ObjectsReporter cannot be used", found)

    def open(self) -> None:
        """Import obstore, and make its client; nothing is sent yet."""
        self._store = opened(self.url, self.options, timeout=remaining_seconds(at_most=TIMEOUT))

    def close(self) -> None:
        """Drop the client, and with it its connections."""
        del self._store

    def report(self, machine: Machine) -> Delivery:
        """Write the machine's object, unless it holds this revision already.

        Raises:
            TransientReporterError: the store cannot be reached, or is busy.
            PermanentReporterError: it refuses the request, or the object holds another machine's record,
                copied there by somebody.
        """
        path, alterations = place(machine.key)
        record = machine.to_json()
        found = self._store.get(path)
        if found is None or found.content != record:
            if found is not None:
                refuse_another(found.content, machine.key, self._reference(path), _REMEDY)
            self._store.put(path, record)
        is_same = found is not None and found.content == record
        return Delivery(reference=self._reference(path), alterations=alterations, unchanged=is_same)

    def ping(self) -> None:
        """List the first object, if there is any; nothing is written.

        Raises:
            TransientReporterError: the store cannot be reached, or is busy.
            PermanentReporterError: it refuses the request.
        """
        next(self._store.list(""), None)

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Tell which machines have an object, by listing their projects."""
        projects = {slug_of(key.project_name, "project_name") for key in keys}
        listed = {found.path for project in sorted(projects) for found in self._store.list(project)}
        return {key for key in keys if place(key)[0] in listed}

    def machines(self, *, all_revisions: bool = False) -> Iterator[StoredMachine]:  # noqa: ARG002  (it keeps one)
        """Yield the machines that have an object, and damaged objects without a revision.

        Each object is read, since a listing has no names of machines.
        """
        paths = (found.path for found in self._store.list(""))
        for path, found in self._read(path for path in paths if _is_record(path)):
            if found is not None and (stored := self._described(path, found)) is not None:
                yield stored

    def fetch(self, name: str, project_name: str | None = None, revision: str | None = None) -> Machine:  # noqa: ARG002  (it keeps one)
        """Read a machine's object.

        Raises:
            MachineDoesNotExist: it has none.
            AmbiguousMachine: several projects have one, and `project_name` is missing.
            PermanentReporterError: the object cannot be read, or is damaged.
            TransientReporterError: the store cannot be reached, or is busy.
        """
        if project_name is None:
            project_name = sole_project(name, self._projects(name))
        path, _ = place(MachineKey(project_name, name))
        found = self._store.get(path)
        if found is None:
            raise MachineDoesNotExist(name, project_name, projects=self._projects(name))
        machine = record_of(found.content, self._reference(path))
        if machine.key != (project_name, name):
            raise MachineDoesNotExist(name, project_name, projects=self._projects(name))
        return machine

    def plan(self, machine: Machine) -> Plan:
        """Preview what `report` would send: a question, and the object."""
        _, alterations = place(machine.key)
        return Plan(requests=2, items={"objects": 1}, alterations=alterations, size=len(machine.to_json()))

    def _read(self, paths: Iterator[str]) -> Iterator[tuple[str, "Found | None"]]:
        """Read objects, some at a time, and yield them in order."""
        while some := list(islice(paths, AT_ONCE)):
            yield from zip(some, at_once(self._store.get, some), strict=True)

    def _projects(self, name: str) -> list[str]:
        """Return the projects that have a machine of a name."""
        end = "/" + place(MachineKey("", name))[0].partition("/")[2]
        paths = (found.path for found in self._store.list(""))
        read = self._read(path for path in paths if _is_record(path) and path.endswith(end))
        stored = [self._described(path, found) for path, found in read if found is not None]
        return [each.key.project_name for each in stored if each is not None and each.key.name == name]

    def _described(self, path: str, found: "Found") -> StoredMachine | None:
        return described(path, found.content, found.modified, self._reference(path))

    def _reference(self, path: str) -> str:
        return f"{self.url.rstrip('/')}/{path}"


def _is_record(path: str) -> bool:
    return path.count("/") == 1 and path.endswith(".json")
