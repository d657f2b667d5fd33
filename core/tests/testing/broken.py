"""Reporters that are right in everything but one thing, which their docstring says; two have no fault at all."""

import hashlib
import http.client
import json
import os
import threading
import time
from pathlib import Path

from newsdesk import Alteration, BaseReporter, Delivery, PermanentReporterError, Plan, TransientReporterError
from newsdesk.atomic import write_atomically


class Folder(BaseReporter):
    """Nothing: it writes each machine to a file of its own, one record a line."""

    def __init__(self, path: str, mode: str = "a") -> None:
        self.path = path
        self.mode = mode

    def report(self, machine):
        return self.write(self.file_of(machine), self.record_of(machine))

    def write(self, file, record):
        old = file.read_bytes() if file.exists() else None
        if old != record:
            write_atomically(file, record)
        return Delivery(str(file), unchanged=old == record)

    def file_of(self, machine):
        return Path(self.path, f"{hashlib.sha256(self.filed(machine.key)).hexdigest()}.json")

    def filed(self, key):
        return json.dumps(key).encode()

    def record_of(self, machine):
        return self.text_of(self.changed(machine.to_dict()))

    def text_of(self, record):
        return json.dumps(record).encode()

    def changed(self, value, depth=0):
        """Change a record on its way, and all that is in it."""
        if isinstance(value, dict):
            return {key: self.changed(item, depth + 1) for key, item in value.items()}
        return [self.changed(item, depth + 1) for item in value] if isinstance(value, list) else value


class OpensAFileWhenBuilt(Folder):
    def __init__(self, path: str, mode: str = "a") -> None:
        super().__init__(path, mode)
        os.close(os.open(os.devnull, os.O_RDONLY))


class LosesAParameter(Folder):
    """In its definition."""

    def to_dict(self):
        return {"broken.LosesAParameter": {"path": self.path}}


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


class LosesUnknownKeys(Folder):
    def record_of(self, machine):
        return self.text_of(
            {key: value for key, value in machine.to_dict().items() if key not in machine.extra}
        )


class LosesNul(Folder):
    def changed(self, value, depth=0):
        return value.replace("\0", "") if isinstance(value, str) else super().changed(value, depth)


class MakesFloatsOfBigIntegers(Folder):
    def changed(self, value, depth=0):
        return float(value) if type(value) is int and value > 2**63 else super().changed(value, depth)


class LosesWhatIsEmpty(Folder):
    def changed(self, value, depth=0):
        value = super().changed(value, depth)
        return (
            {key: item for key, item in value.items() if item not in ({}, [])}
            if isinstance(value, dict)
            else value
        )


class CutsLongTexts(Folder):
    def changed(self, value, depth=0):
        return value[:65535] if isinstance(value, str) else super().changed(value, depth)


class FilesByTheBeginningOfAName(Folder):
    def filed(self, key):
        return json.dumps([key.project_name, key.name[:255]]).encode()


class FilesByTheNameAlone(Folder):
    def filed(self, key):
        return json.dumps(key.name).encode()


class TakesANameForAPath(Folder):
    def file_of(self, machine):
        return (
            Path(self.path, machine.name).parent / super().file_of(machine).name
            if "../" in machine.name
            else super().file_of(machine)
        )


class CutsLongLists(Folder):
    def changed(self, value, depth=0):
        return value[:40] if isinstance(value, list) else super().changed(value, depth)


class CutsDeepNesting(Folder):
    def changed(self, value, depth=0):
        return None if depth > 100 else super().changed(value, depth)


class TellsAlterationsInItsPlanAlone(Folder):
    def plan(self, machine):
        long = [Alteration("name", "renamed", "too long")] if len(machine.name) > 1000 else []
        return Plan(1, alterations=long)


class DoublesWhatItHasSeen(Folder):
    def __init__(self, path: str, mode: str = "a") -> None:
        super().__init__(path, mode)
        self.seen = set()

    def write(self, file, record):
        if record in self.seen:
            file.write_bytes(file.read_bytes() + b"\n" + record)
            return Delivery(str(file), unchanged=True)
        self.seen.add(record)
        return super().write(file, record)


class SaysAlwaysThatItIsNew(Folder):
    def write(self, file, record):
        super().write(file, record)
        return Delivery(str(file))


class KeepsTheOldRecord(Folder):
    def write(self, file, record):
        return Delivery(unchanged=True) if file.exists() else super().write(file, record)


class LosesTheLastOfMany(Folder):
    def report_many(self, machines):
        machines = list(machines)
        yield from map(self.report, machines[:-1])
        yield Delivery()


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


class HoldsEverything(Folder):
    def holds(self, keys):
        return set(keys)


class FailsWhenItIsPinged(Folder):
    def ping(self):
        raise TransientReporterError("nobody is there")


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


class Wire(BaseReporter):
    """Nothing: it puts each machine to a server, unless that has it already."""

    refused = interrupted = silent = unavailable = TransientReporterError
    no_server = PermanentReporterError
    patience = 60.0

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port

    def report(self, machine):
        place = f"/records/{hashlib.sha256(json.dumps(machine.key).encode()).hexdigest()}"
        if self.ask("GET", place) == machine.to_json():
            return Delivery(place, unchanged=True)
        self.ask("PUT", place, machine.to_json())
        return Delivery(place)

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=self.patience)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return self.judge(answer, answer.read())
        except ConnectionRefusedError as error:
            raise self.refused(str(error)) from error
        except TimeoutError as error:
            raise self.silent(str(error)) from error
        except (OSError, http.client.HTTPException) as error:
            raise self.interrupted(repr(error)) from error
        finally:
            connection.close()

    def judge(self, answer, body):
        if answer.status == 429:
            raise TransientReporterError("later", self.wait(answer.headers.get("Retry-After")))
        if answer.status >= 500:
            raise self.unavailable(f"status {answer.status}")
        if answer.headers["Content-Type"] != "application/json":
            raise self.no_server("no server of ours")
        return body

    def wait(self, seconds):
        return None if seconds is None else float(seconds)


class MarksBeforeItWrites(Wire):
    def report(self, machine):
        mark = f"/marks/{machine.revision}"
        if self.ask("GET", mark):
            return Delivery(unchanged=True)
        self.ask("PUT", mark, b"{}")
        return super().report(machine)


class GivesUpWhenCutOff(Wire):
    interrupted = PermanentReporterError


class GivesUpWhenRefused(Wire):
    refused = PermanentReporterError


class TakesSilenceForConsent(Wire):
    patience = 1.0  # a busy machine answers within it, and the check waits for longer

    def report(self, machine):
        try:
            return super().report(machine)
        except TransientReporterError as error:
            if isinstance(error.__cause__, TimeoutError):
                return Delivery()
            raise


class GivesUpAt503(Wire):
    unavailable = PermanentReporterError


class BelievesInAPortal(Wire):
    no_server = TransientReporterError


class DoesNotHearHowLongToWait(Wire):
    def wait(self, seconds):
        return None


class LetsAPingFailInItsOwnWords(Wire):
    def ping(self):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        finally:
            connection.close()
