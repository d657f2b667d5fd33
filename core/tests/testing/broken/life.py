"""Reporters that harm copies, other reporters or child processes, each in one way."""

import socket
from pathlib import Path

from newsdesk import Delivery

from broken.folder import Folder
from broken.memory import Held
from broken.outages import Kept

OPENED = []
LEFT_OPEN = []


class CannotBePickledWhenOpen(Held):
    folder = None

    def open(self):
        self.folder = Path(self.path)

    def close(self):
        self.folder = None

    def __reduce__(self):
        if self.folder is not None:
            raise TypeError("cannot pickle a connection")
        return super().__reduce__()


class SharesWhatItCloses(Held):
    def open(self):
        OPENED[:] = [self]

    def close(self):
        OPENED.clear()

    def file_of_key(self, key):
        OPENED[0].mode  # noqa: B018
        return super().file_of_key(key)


class SharesItsPlace(Held):
    def open(self):
        OPENED[:] = [self.path]

    def file_of_key(self, key):
        return Path(OPENED[0] if OPENED else self.path, super().file_of_key(key).name)


class ClosesItsParentsConnection(Kept):
    def abandon(self):
        self.connection.sock.shutdown(socket.SHUT_RDWR)


class LeavesItsConnectionOpen(Kept):
    def close(self):
        LEFT_OPEN.append(self.connection)


class DeliversWithoutKeeping(Folder):
    """As it is declared: but it gives a reference."""


class ConnectsInSecret(Folder):
    def report(self, machine):
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname()).close()
        return super().report(machine)


class TellsUnchangedInSecret(Folder):
    def write(self, file, record):
        return Delivery(unchanged=super().write(file, record).unchanged)
