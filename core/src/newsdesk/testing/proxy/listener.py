"""Accepts connections on a port of this machine."""

import contextlib
import socket
import threading
from collections.abc import Callable

HOST = "127.0.0.1"
"""The address of every proxy: this machine only."""

TIMEOUT = 10.0
"""Seconds that a thread of the proxy may take to end."""


class Listener:
    """Accepts connections in its own thread, until it is stopped.

    Args:
        port: Where.
        accept: Called with each connection.
    """

    def __init__(self, port: int, accept: Callable[[socket.socket], None]) -> None:
        self._on_connection = accept
        self._stopping = threading.Event()
        self._socket = bound_socket(port)
        self._socket.listen(128)
        self._thread = threading.Thread(target=self._accept, name=f"proxy {port} listener", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port: further connections are refused."""
        self._stopping.set()
        # accept() cannot be interrupted on every system, but a last connection ends it.
        with contextlib.suppress(OSError):
            socket.create_connection(self._socket.getsockname(), timeout=TIMEOUT).close()
        self._thread.join(TIMEOUT)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            client, _ = self._socket.accept()
            if self._stopping.is_set():
                client.close()
                return
            self._on_connection(client)


def bound_socket(port: int) -> socket.socket:
    """Give a socket that has a port and does not listen; 0 is for any free port."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((HOST, port))
    return sock
