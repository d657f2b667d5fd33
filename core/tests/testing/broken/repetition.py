"""Reporters that are wrong about what is there already, or about many machines, each in one way."""

from newsdesk import Delivery, TransientReporterError

from broken.folder import Folder


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


class HoldsEverything(Folder):
    def holds(self, keys):
        return set(keys)


class FailsWhenItIsPinged(Folder):
    def ping(self):
        raise TransientReporterError("nobody is there")
