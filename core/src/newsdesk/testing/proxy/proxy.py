"""A TCP proxy between a client and a real server, which counts what goes through and breaks it on demand."""

import socket
import threading
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from newsdesk.testing.faults.fault import Fault, Refuse
from newsdesk.testing.faults.fault_queue import FaultQueue
from newsdesk.testing.protocols.framing import Bursts, Framing
from newsdesk.testing.protocols.http_framing import HttpFraming
from newsdesk.testing.protocols.postgres_framing import PostgresFraming
from newsdesk.testing.proxy.connection import ProxiedConnection
from newsdesk.testing.proxy.counts import Counter, Counts
from newsdesk.testing.proxy.listener import HOST, TIMEOUT, Listener, bound_socket

_FRAMINGS: dict[str, Callable[[], Framing]] = {
    "http": HttpFraming,
    "postgres": PostgresFraming,
    "postgresql": PostgresFraming,
}


class FaultProxy:
    """A proxy between clients and a server, on a port of this machine; a context manager.

    Without a fault everything goes through. `fail` adds a fault to a queue: the first one is in effect until
    it has happened as many times as asked, then the next one, then none. `clear` ends them at once, except
    for connections that a black hole has swallowed: those stay lost, as they would in a real network.

    Requests and answers are passed on once they are complete, so that a connection can be cut exactly
    between them.

    Args:
        host: The server's.
        port: The server's.
        framing: How to tell requests and answers apart: `HttpFraming`, `PostgresFraming`, or `Bursts` for
            any other protocol.

    Example::

        with FaultProxy.to("http://127.0.0.1:5000") as proxy:
            reporter = MlFlowReporter(tracking_uri=proxy.through("http://127.0.0.1:5000"))
            proxy.fail(http_answer(503), times=2)
            newsdesk.report(machine, reporter)
            assert proxy.counts.requests == 9
    """

    def __init__(self, host: str, port: int, framing: Callable[[], Framing] = Bursts) -> None:
        self.upstream = (host, port)
        """Where new connections lead."""
        self.framing = framing
        self.port = 0
        """Its own port; known once it has started."""
        self._faults = FaultQueue()
        self._counter = Counter()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, ProxiedConnection] = {}
        self._reservation: socket.socket | None = None
        self._listener: Listener | None = None

    @classmethod
    def to(cls, url: str) -> Self:
        """Make a proxy for the server of a URL, whose scheme decides the framing."""
        parts = urlsplit(url)
        scheme = parts.scheme.partition("+")[0]
        if parts.hostname is None or parts.port is None:
            raise ValueError(
                f"a proxy needs a URL with host and port, but got one of {scheme!r} without them"
            )
        return cls(parts.hostname, parts.port, _FRAMINGS.get(scheme, Bursts))

    @property
    def host(self) -> str:
        """Its own address."""
        return HOST

    def through(self, url: str) -> str:
        """Give the same URL with the proxy's host and port."""
        parts = urlsplit(url)
        user, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{user}{at}{self.host}:{self.port}").geturl()

    def fail(self, fault: Fault, times: int | None = None) -> None:
        """Let something go wrong, after the faults that are still queued.

        Args:
            fault: What.
            times: For how many connections or requests; None, and always with `Refuse`, until cleared.
        """
        self._faults.add(fault, None if isinstance(fault, Refuse) else times)
        if isinstance(fault, Refuse):
            self._stop_listening()

    def clear(self) -> None:
        """Let everything through again."""
        self._faults.clear()
        if self._listener is None:
            self._listener = Listener(self.port, self._accept)

    @property
    def counts(self) -> Counts:
        """What went through since the start, or since `recount`."""
        return self._counter.counts()

    def recount(self) -> Counts:
        """Give what went through, and start again at zero."""
        return self._counter.reset()

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        with self._lock:
            return len(self._connections)

    def start(self) -> None:
        """Listen, on a port that was free."""
        # Bound and never listening: it keeps the port ours while connections are refused.
        self._reservation = bound_socket(0)
        self.port = int(self._reservation.getsockname()[1])
        self.clear()

    def close(self) -> None:
        """Stop listening, and end every connection."""
        self._closing.set()
        self._stop_listening()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections.values():
            connection.interrupt()
        for thread in connections:
            thread.join(TIMEOUT)
        if self._reservation is not None:
            self._reservation.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self, client: socket.socket) -> None:
        self._counter.connection()
        connection = ProxiedConnection(
            client,
            self.upstream,
            framing=self.framing(),
            faults=self._faults,
            counter=self._counter,
            closing=self._closing,
        )
        name = f"proxy {self.port}"
        thread = threading.Thread(target=self._serve, args=(connection,), name=name, daemon=True)
        with self._lock:
            self._connections[thread] = connection
        thread.start()

    def _serve(self, connection: ProxiedConnection) -> None:
        try:
            connection.run()
        finally:
            with self._lock:
                self._connections.pop(threading.current_thread(), None)

    def _stop_listening(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.stop()
