"""A TCP proxy between a client and a real server, that counts what goes through and breaks it on demand."""

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Self
from urllib.parse import urlsplit

from newsdesk.testing.faults import Fault, Refuse
from newsdesk.testing.framing import Bursts, Framing
from newsdesk.testing.http_framing import HttpFraming
from newsdesk.testing.link import Link
from newsdesk.testing.postgres_framing import PostgresFraming
from newsdesk.testing.script import Script

HOST = "127.0.0.1"
"""Where a proxy listens: on this machine alone."""

_FRAMINGS: dict[str, Callable[[], Framing]] = {
    "http": HttpFraming,
    "postgres": PostgresFraming,
    "postgresql": PostgresFraming,
}
_PATIENCE = 10.0


@dataclass
class Counts:
    """What went through a proxy."""

    connections: int = 0
    """Connections that came, the reset ones too."""
    labels: list[str] = field(default_factory=list)
    """Every request that came, answered or not, by what it is called."""
    up: int = 0
    """Bytes that went on to the server."""
    down: int = 0
    """Bytes that went on to clients."""

    @property
    def requests(self) -> int:
        """How many requests came."""
        return len(self.labels)


class FaultProxy:
    """Stands between clients and a server, on a port of this machine; a context manager.

    Without a fault all goes through. `fail` puts faults into a queue: the first one is in effect until it has
    happened so many times as was asked, then the next one, then none. `clear` ends them at once, except for
    connections that a black hole has swallowed: those stay lost, as they would in a real one.

    Requests are passed on when they are whole, and answers too, so that a connection can be cut exactly
    between them.

    Args:
        host: The server's.
        port: The server's.
        framing: What tells requests and answers apart: `HttpFraming`, `PostgresFraming`, or `Bursts` for what
            is neither.

    Example::

        with FaultProxy.to("http://127.0.0.1:5000") as proxy:
            reporter = MlFlowReporter(tracking_uri=proxy.through("http://127.0.0.1:5000"))
            proxy.fail(http_answer(503), times=2)
            newsdesk.report(machine, reporter)
            assert proxy.counts.requests == 9
    """

    def __init__(self, host: str, port: int, framing: Callable[[], Framing] = Bursts) -> None:
        self.upstream = (host, port)
        """Where connections go that come from now on."""
        self.framing = framing
        self.script = Script()
        self._lock = threading.Lock()
        self._counts = Counts()
        self._closing = threading.Event()
        self._links: dict[threading.Thread, Link] = {}
        self.port = 0
        """Its own; known when it has started."""
        self._holder: socket.socket | None = None
        self._listener: _Listener | None = None

    @classmethod
    def to(cls, url: str) -> Self:
        """Make a proxy for the server of a URL; its scheme tells the framing."""
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
        """Give a URL that leads here, and is the same in everything else."""
        parts = urlsplit(url)
        user, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{user}{at}{self.host}:{self.port}").geturl()

    def fail(self, fault: Fault, times: int | None = None) -> None:
        """Let something go wrong, after what was asked for before.

        Args:
            fault: What.
            times: For how many connections or requests; None, and with `Refuse` always: until cleared.
        """
        self.script.add(fault, None if isinstance(fault, Refuse) else times)
        if isinstance(fault, Refuse):
            self._stop_listening()

    def clear(self) -> None:
        """Let everything through again."""
        self.script.clear()
        if self._listener is None:
            self._listener = _Listener(self.port, self._welcome)

    @property
    def counts(self) -> Counts:
        """What went through since it was started, or counted afresh."""
        with self._lock:
            return replace(self._counts, labels=[*self._counts.labels])

    def recount(self) -> Counts:
        """Give what went through, and count afresh."""
        with self._lock:
            counts, self._counts = self._counts, Counts()
        return counts

    def start(self) -> None:
        """Listen, on a port that was free."""
        # Bound and never listening: it keeps the port ours while nobody listens.
        self._holder = _bound(0)
        self.port = int(self._holder.getsockname()[1])
        self.clear()

    def close(self) -> None:
        """Stop listening, and end every connection."""
        self._closing.set()
        self._stop_listening()
        with self._lock:
            links = dict(self._links)
        for link in links.values():
            link.interrupt()
        for thread in links:
            thread.join(_PATIENCE)
        if self._holder is not None:
            self._holder.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # For its connections.

    def count_request(self, label: str) -> None:
        """Count a request."""
        with self._lock:
            self._counts.labels.append(label)

    def count_bytes(self, direction: Literal["up", "down"], count: int) -> None:
        """Count bytes."""
        with self._lock:
            setattr(self._counts, direction, getattr(self._counts, direction) + count)

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the proxy is open."""
        self._closing.wait(seconds)

    def _welcome(self, client: socket.socket) -> None:
        link = Link(self, client)
        thread = threading.Thread(target=self._serve, args=(link,), name=f"proxy {self.port}", daemon=True)
        with self._lock:
            self._counts.connections += 1
            self._links[thread] = link
        thread.start()

    def _serve(self, link: Link) -> None:
        try:
            link.run()
        finally:
            with self._lock:
                self._links.pop(threading.current_thread(), None)

    def _stop_listening(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.stop()


class _Listener:
    """Accepts connections in a thread of its own."""

    def __init__(self, port: int, welcome: Callable[[socket.socket], None]) -> None:
        self._welcome = welcome
        self._stopping = threading.Event()
        self._socket = _bound(port)
        self._socket.listen(128)
        self._thread = threading.Thread(target=self._accept, name=f"proxy {port} listener", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port; whoever comes now is refused."""
        self._stopping.set()
        # accept() cannot be interrupted on every system, but it can be served.
        with contextlib.suppress(OSError):
            socket.create_connection(self._socket.getsockname(), timeout=_PATIENCE).close()
        self._thread.join(_PATIENCE)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            client, _ = self._socket.accept()
            if self._stopping.is_set():
                client.close()
                return
            self._welcome(client)


def _bound(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((HOST, port))
    return sock
