"""Reporters that remember instead of asking, or mix up what they are asked, each in one way; `Held` is right."""

import errno
import threading
import time
from pathlib import Path

from newsdesk import Delivery, Plan, ReporterException

from broken.folder import Folder
from broken.wire import Wire

SENT = {}
HELD = set()
REVISIONS = {}


class Held(Folder):
    """It tells what it holds."""

    def holds(self, keys):
        return {key for key in keys if self.file_of_key(key).exists()}

    def ping(self):
        if not Path(self.path).is_dir() and Path(self.path).exists():
            raise self.error(NotADirectoryError(errno.ENOTDIR, "not a folder"))


class RemembersWhatItSent(Held):
    """For all of this process."""

    def write(self, file, record):
        if SENT.get(file) == record:
            return Delivery(str(file), unchanged=True)
        SENT[file] = record
        return super().write(file, record)


class RemembersWhatItHolds(Held):
    def report(self, machine):
        HELD.add(machine.key)
        return super().report(machine)

    def holds(self, keys):
        return HELD & {*keys} or super().holds(keys)


class HoldsByTheNameAlone(Held):
    def holds(self, keys):
        found = {key.name for key in super().holds(keys)}
        return {key for key in keys if key.name in found}


class AnswersInReverse(Held):
    def report_many(self, machines):
        return reversed([*super().report_many(machines)])


class FailsTheWholeBatch(Wire):
    def report_many(self, machines):
        machines = list(machines)
        answers = [*super().report_many(machines)]
        errors = [answer for answer in answers if isinstance(answer, Exception)]
        return iter(errors * len(machines) if errors else answers)


class SwallowsItsDisk(Held):
    def write(self, file, record):
        try:
            return super().write(file, record)
        except ReporterException:
            return Delivery(str(file))


class GivesUpOnAFullDisk(Held):
    transient = ()


class PingsWhateverIsThere(Held):
    def ping(self):
        pass


class PlansByReporting(Held):
    def plan(self, machine):
        self.report(machine)
        return Plan(1)


class ChangesItsMachine(Held):
    def report(self, machine):
        machine.metadata["reported"] = True
        return super().report(machine)


class RefersByAPath(Held):
    def report(self, machine):
        delivery = super().report(machine)
        return Delivery(Path(delivery.reference), unchanged=delivery.unchanged)


class PlansOneRequest(Wire):
    def report(self, machine):
        self.ask("GET", "/first")
        self.ask("GET", "/second")
        return super().report(machine)

    def plan(self, machine):
        return Plan(1)


class RemembersTheLastRevision(Held):
    """Of each machine, for all of this process."""

    def report(self, machine):
        if REVISIONS.get((self.path, machine.key)) == machine.revision:
            return Delivery(str(self.file_of(machine)), unchanged=True)
        REVISIONS[self.path, machine.key] = machine.revision
        return super().report(machine)


class SleepsWhenBuilt(Folder):
    def __init__(self, path: str, mode: str = "a") -> None:
        super().__init__(path, mode)
        time.sleep(0.001)


class StartsAThreadWhenBuilt(Folder):
    def __init__(self, path: str, mode: str = "a") -> None:
        super().__init__(path, mode)
        threading.Thread(target=len, args=(path,)).start()


class WritesInPlace(Held):
    def write(self, file, record):
        file.parent.mkdir(exist_ok=True)
        old = file.read_bytes() if file.exists() else None
        if old != record:
            file.write_bytes(record)
        return Delivery(str(file), unchanged=old == record)
