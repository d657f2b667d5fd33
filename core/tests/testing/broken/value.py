"""Reporters that are wrong as objects, each in one thing that its name says."""

import hashlib
import json
import os
import threading
import time
from pathlib import Path

from newsdesk import Delivery, PermanentReporterError
from newsdesk.atomic import write_atomically

from broken.folder import Folder


class OpensAFileWhenBuilt(Folder):
    def __init__(self, path: str, mode: str = "a") -> None:
        super().__init__(path, mode)
        os.close(os.open(os.devnull, os.O_RDONLY))


class LosesAParameter(Folder):
    """In its definition."""

    def to_dict(self):
        return {"broken.value.LosesAParameter": {"path": self.path}}


class TakesAFrozenSet(Folder):
    def __init__(self, path: str, mode: frozenset[str] = frozenset()) -> None:
        super().__init__(path)
        self.mode = mode


class LosesAParameterInPickle(Folder):
    def __reduce__(self):
        return type(self), (self.path,)


class ShowsASecret(Folder):
    def __init__(self, path: str, mode: str = "a", handshake: str = "") -> None:
        super().__init__(path, mode)
        self.handshake = handshake


class IsCalledOtherwise(Folder):
    """Its entry point leads to another class."""


class BringsABackendAlong(Folder):
    """Its plugin module imports one."""


class HidesItsHolds(Folder):
    def holds(self, keys):
        return {
            key
            for key in keys
            if Path(self.path, f"{hashlib.sha256(self.filed(key)).hexdigest()}.json").exists()
        }


class ClosesForEver(Folder):
    def __init__(self, path: str, mode: str = "a") -> None:
        super().__init__(path, mode)
        self.closed = False

    def close(self):
        self.closed = True

    def report(self, machine):
        if self.closed:
            raise PermanentReporterError("closed")
        return super().report(machine)


class SharesStateBetweenThreads(Folder):
    def report(self, machine):
        self.machine = machine
        time.sleep(0.02)
        return super().report(self.machine)


class ReadsAndWritesOneFile(Folder):
    """Which is right for the threads of one process."""

    lock = threading.Lock()

    def report(self, machine):
        file = Path(self.path, "all.json")
        with self.lock:
            lines = file.read_bytes().split(b"\n") if file.exists() else []
            held = {
                tuple(json.loads(line)[part] for part in ("project_name", "name")): line for line in lines
            }
            record = self.record_of(machine)
            unchanged = held.get(machine.key) == record
            time.sleep(0.05)
            write_atomically(file, b"\n".join((held | {tuple(machine.key): record}).values()))
        return Delivery(unchanged=unchanged)
