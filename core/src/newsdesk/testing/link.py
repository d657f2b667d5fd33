"""One connection through the proxy."""

import contextlib
import selectors
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, Literal, NamedTuple

from newsdesk.testing.faults import Answer, BlackHole, Cut, CutBytes, Delay, Fault, Moment, Refuse, Reset

if TYPE_CHECKING:
    from newsdesk.testing.proxy import FaultProxy

_CHUNK = 1 << 16
_CONNECT_SECONDS = 30


class _Pending(NamedTuple):
    """A request that the server has not answered yet."""

    label: str
    cut: Cut | None


class _Cut(Exception):  # noqa: N818  (it is no error: it is what was asked for)
    """The client's connection is to be reset."""


class Link:
    """A client's connection, with the one to the server that stands behind it.

    Args:
        proxy: Whose it is.
        client: The connection that came.
    """

    def __init__(self, proxy: "FaultProxy", client: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server: socket.socket | None = None
        self._framing = proxy.framing()
        self._pending: deque[_Pending] = deque()
        self._limit: CutBytes | None = None
        self._swallows = False

    def run(self) -> None:
        """Carry bytes until one side is done, or a fault says otherwise."""
        # A side that goes away is no error here: the other side is told by the end of its connection.
        with contextlib.suppress(OSError):
            try:
                self._begin(self._proxy.script.at_connection())
            except _Cut:
                _reset_when_closed(self._client)
        for side in self._sides():
            side.close()

    def interrupt(self) -> None:
        """End the connection from another thread."""
        for side in self._sides():
            with contextlib.suppress(OSError):  # it has ended by itself
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
            server = socket.create_connection(self._proxy.upstream, timeout=_CONNECT_SECONDS)
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
        """Pass on what the client sent; False when it is done."""
        data = self._client.recv(_CHUNK)
        for unit in self._framing.sent(data):
            if unit.label is None:
                self._send(server, unit.data, "up")
            else:
                self._request(server, unit.data, unit.label)
            if self._swallows:
                return True
        if not data:
            self._send(server, self._framing.rest_sent(), "up")
            server.shutdown(socket.SHUT_WR)
        return bool(data)

    def _from_server(self, server: socket.socket) -> bool:
        """Pass on what the server sent; False when it is done."""
        data = server.recv(_CHUNK)
        for unit in self._framing.answered(data):
            pending = self._pending.popleft() if unit.label is not None and self._pending else None
            if pending is not None and pending.cut is not None:
                self._cut_answer(unit.data, pending.cut, pending.label)
            self._send(self._client, unit.data, "down")
        if not data:
            self._send(self._client, self._framing.rest_answered(), "down")
        return bool(data)

    def _request(self, server: socket.socket, data: bytes, label: str) -> None:
        self._proxy.count_request(label)
        fault = self._proxy.script.at_request()
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
                self._proxy.pause(fault.seconds)
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
        self._send(self._client, answer.data, "down")
        if answer.close:
            self._client.shutdown(socket.SHUT_WR)
            self._swallows = True  # until the client has understood

    def _cut_answer(self, data: bytes, cut: Cut, label: str) -> None:
        if cut.moment is Moment.ANSWER:
            self._send(self._client, data[: len(data) // 2], "down")
        _cut(cut, label)

    def _send(self, side: socket.socket, data: bytes, direction: Literal["up", "down"]) -> None:
        limit = self._limit if self._limit is not None and self._limit.direction == direction else None
        part = data if limit is None else data[: limit.count]
        self._proxy.count_bytes(direction, len(part))  # first: who has got them may look at the counts
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
    # Not the server's side: with a reset it might not read what it got.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
