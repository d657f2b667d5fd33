"""An outbox of objects in memory, which counts what it asks of its store."""

import itertools
import threading
import time

from newsdesk.objectstore.store import ConflictError, Found, Listed, Version
from newsdesk.outbox.objects.outbox import ObjectOutbox


class MemoryStore:
    """Objects in memory, with a clock of their own; what each call costs is counted."""

    def __init__(self):
        self.objects = {}
        self.requests = []
        self._tags = itertools.count(1)
        self._lock = threading.Lock()

    def now(self):
        return 1.7e9 + time.monotonic()

    def get(self, path):
        with self._lock:
            self.requests.append(("get", path))
            return self.objects.get(path)

    def put(self, path, content):
        with self._lock:
            self.requests.append(("put", path))
            self._write(path, content)

    def create(self, path, content):
        with self._lock:
            self.requests.append(("put", path))
            if path in self.objects:
                raise ConflictError(path)
            return self._write(path, content)

    def replace(self, path, content, version):
        with self._lock:
            self.requests.append(("put", path))
            if path not in self.objects or self.objects[path].version != version:
                raise ConflictError(path)
            return self._write(path, content)

    def delete(self, path):
        with self._lock:
            self.requests.append(("delete", path))
            self.objects.pop(path, None)

    def list(self, folder):
        with self._lock:
            self.requests.append(("list", folder))
            found = sorted(path for path in self.objects if path.startswith(f"{folder}/"))
            return iter([Listed(p, len(self.objects[p].content), self.objects[p].modified) for p in found])

    def _write(self, path, content):
        version = Version(str(next(self._tags)))
        self.objects[path] = Found(content, version, self.now())
        return version


class MemoryOutbox(ObjectOutbox):
    """An outbox of objects in memory; another one of the same store shares it."""

    def __init__(self, store, bounds=None):
        super().__init__("s3://memory", None, bounds)
        self.memory = store

    def _store(self, within):
        return self.memory
