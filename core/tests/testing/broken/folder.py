"""A reporter without a fault, which writes files."""

import errno
import hashlib
import json
from pathlib import Path

from newsdesk import BaseReporter, Delivery, PermanentReporterError, TransientReporterError
from newsdesk.atomic import write_atomically


class Folder(BaseReporter):
    """Nothing: it writes each machine to a file of its own, one record a line."""

    transient = (errno.ENOSPC, errno.EDQUOT, errno.EIO)

    def __init__(self, path: str, mode: str = "a") -> None:
        self.path = path
        self.mode = mode

    def report(self, machine):
        return self.write(self.file_of(machine), self.record_of(machine))

    def write(self, file, record):
        try:
            old = file.read_bytes() if file.exists() else None
            if old != record:
                write_atomically(file, record)
        except OSError as error:
            raise self.error(error) from error
        return Delivery(str(file), unchanged=old == record)

    def error(self, error):
        return (TransientReporterError if error.errno in self.transient else PermanentReporterError)(
            str(error)
        )

    def file_of(self, machine):
        return self.file_of_key(machine.key)

    def file_of_key(self, key):
        return Path(self.path, f"{hashlib.sha256(self.filed(key)).hexdigest()}.json")

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
