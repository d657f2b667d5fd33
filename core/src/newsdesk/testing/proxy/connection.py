"""One client's connection through the proxy, and the connection to the server behind it."""

import contextlib
import selectors
import socket
import struct
import threading
from collections import deque
from typing import NamedTuple

from newsdesk.testing.faults.fault import (
    Answer,
    BlackHole,
    Cut,
    CutBytes,
    Delay,
    Fault,
    Moment,
    Refuse,
    Reset,
)
from newsdesk.testing.faults.fault_queue import FaultQueue
from newsdesk.testing.protocols.framing import Framing
from newsdesk.testing.proxy.counts import Counter, Direction

_CHUNK = 1 << 16
_CONNECT_SECONDS = 30


class _Pending(NamedTuple):
    """A request that the server has not answered yet."""

    label: str
    cut: Cut | None


class _Cut(Exception):  # noqa: N818  (not an error: it is what was asked for)
    """The client's connection is to be reset."""


class ProxiedConnection:
    """A client's connection, carried to the server until a fault ends it.

    Args:
        client: The client's connection.
        upstream: The server's host and port.
        framing: How to tell requests and answers apart.
        faults: What goes wrong next.
        counter: Counts what goes through.
        closing: Set when the proxy is closed.
    """

    def __init__(
        self,
        client: socket.socket,
        upstream: tuple[str, int],
        *,
        framing: Framing,
        faults: FaultQueue,
        counter: Counter,
        closing: threading.Event,
    ) -> None:
        self._client = client
        self._server: socket.socket | None = None
        self._upstream = upstream
        self._framing = framing
        self._faults = faults
        self._counter = counter
        self._closing = closing
        self._pending: deque[_Pending] = deque()
        self._limit: CutBytes | None = None
        self._swallows = False

    def run(self) -> None:
        """Carry bytes until one side ends, or a fault does."""
        try:
            # One side that goes away is no error here: the other side sees its connection end.
            with contextlib.suppress(OSError):
                try:
                    self._begin(self._faults.at_connection())
                except _Cut:
                    _reset_when_closed(self._client)
        finally:  # also after a protocol error, which ends this thread and shows in the tests
            for side in self._sides():
                side.close()

    def interrupt(self) -> None:
        """End the connection from another thread."""
        for side in self._sides():
            with contextlib.suppress(OSError):  # it has ended already
                side.shutdown(socket.SHUT_RDWR)

    def _sides(self) -> list[socket.socket]:
        return [self._client] if self._server is None else [self._client, self._server]

    def _begin(self, fault: Fault | None) -> None:
        if isinstance(fault, Reset | Refuse):
            raise _Cut
        if not isinstance(fault, BlackHole):
            self._carry(self._connect())
        if self._swallows or isinstance(fault, BlackHole):
            while self._client.recv(_CHUNK):
                pass

    def _connect(self) -> socket.socket:
        try:
            server = socket.create_connection(self._upstream, timeout=_CONNECT_SECONDS)
        except OSError:
            raise _Cut from None
        server.settimeout(None)
        self._server = server
        for side in self._sides():
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return server

    def _carry(self, server: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(server, selectors.EVENT_READ)
            selector.register(self._client, selectors.EVENT_READ)
            while not self._swallows:
                for key, _ in selector.select():
                    if key.fileobj is server:
                        if not self._from_server(server):
                            return
                    elif not self._from_client(server):
                        selector.unregister(self._client)

    def _from_client(self, server: socket.socket) -> bool:
        """Pass on what the client sent; False when it has ended."""
        data = self._client.recv(_CHUNK)
        for frame in self._framing.sent(data):
            if frame.label is None:
                self._send(server, frame.data, "up")
            else:
                self._request(server, frame.data, frame.label)
            if self._swallows:
                return True
        if not data:
            self._send(server, self._framing.rest_sent(), "up")
            server.shutdown(socket.SHUT_WR)
        self._ask_for_the_rest()
        return bool(data)

    def _ask_for_the_rest(self) -> None:
        """Send the client what it waits for before it sends the rest of its request."""
        interim = self._framing.interim_answer()
        if interim and not self._faults.next_is(BlackHole):
            self._send(self._client, interim, "down")

    def _from_server(self, server: socket.socket) -> bool:
        """Pass on what the server sent; False when it has ended."""
        data = server.recv(_CHUNK)
        for frame in self._framing.answered(data):
            pending = self._pending.popleft() if frame.label is not None and self._pending else None
            if pending is not None and pending.cut is not None:
                self._cut_answer(frame.data, pending.cut, pending.label)
            self._send(self._client, frame.data, "down")
        if not data:
            self._send(self._client, self._framing.rest_answered(), "down")
        return bool(data)

    def _request(self, server: socket.socket, data: bytes, label: str) -> None:
        self._counter.request(label)
        fault = self._faults.at_request(data)
        cut = fault if isinstance(fault, Cut) else None
        match fault:
            case Refuse() | Reset():
                raise _Cut
            case BlackHole():
                self._swallows = True
                return
            case Answer():
                self._answer(fault)
                return
            case Delay():
                self._closing.wait(fault.seconds)
            case CutBytes():
                self._limit = fault
            case Cut(moment=Moment.BEFORE):
                _cut(fault, label)
            case Cut(moment=Moment.WITHIN):
                self._send(server, data[: len(data) // 2], "up")
                _cut(fault, label)
        self._pending.append(_Pending(label, cut))
        self._send(server, data, "up")

    def _answer(self, answer: Answer) -> None:
        self._framing.skip_answer()
        self._send(self._client, answer.data, "down")
        if answer.close:
            self._client.shutdown(socket.SHUT_WR)
            self._swallows = True  # until the client has understood

    def _cut_answer(self, data: bytes, cut: Cut, label: str) -> None:
        if cut.moment is Moment.ANSWER:
            self._send(self._client, data[: len(data) // 2], "down")
        _cut(cut, label)

    def _send(self, side: socket.socket, data: bytes, direction: Direction) -> None:
        limit = self._limit if self._limit is not None and self._limit.direction == direction else None
        part = data if limit is None else data[: limit.count]
        self._counter.bytes(direction, len(part))  # first: the receiver may look at the counts at once
        side.sendall(part)
        if limit is not None:
            self._limit = CutBytes(limit.count - len(part), direction)
            if not self._limit.count:
                raise _Cut


def _cut(cut: Cut, label: str) -> None:
    if cut.meanwhile is not None:
        cut.meanwhile(label)
    raise _Cut


def _reset_when_closed(client: socket.socket) -> None:
    # Not the server's side: after a reset it might not read what it received.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
