"""The event loop: one thread with epoll and plain sockets. A framework would cost more than the answers."""

from __future__ import annotations

import contextlib
import json
import select
import socket
from typing import Callable, Dict, FrozenSet, List, Tuple

import msgspec

from bench.canned.errors import Refusal
from bench.canned.source import Operations, Parts
from bench.canned.stats import Stats
from bench.canned.wire import Heads, Inbox, Request

RECEIVE = 1 << 18


class Connection:
    __slots__ = ("blocked", "inbox", "operations", "out", "sock")

    def __init__(self, sock: socket.socket, operations: Operations) -> None:
        self.sock, self.operations = sock, operations
        self.inbox = Inbox()
        self.out: List[memoryview] = []
        self.blocked = False


PROBES = (b'"Limit":1}', b'"Limit":1,')
"""A Scan of one item belongs to the checks before the start, not to the copy."""


class Server:
    """Serves each listener's operations; `gated` ones wait for a request of `/_open`."""

    def __init__(self, stats: Stats, gated: FrozenSet[str]) -> None:
        self._stats, self._gated = stats, gated
        self._held: List[Tuple[Connection, Request]] = []
        self._heads = Heads()
        self._epoll = select.epoll()
        self._handlers: Dict[int, Callable[[int], None]] = {}

    def listen(self, port: int, operations: Operations) -> int:
        """Returns the bound port. 0: a free port."""
        listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        listener.setblocking(False)
        self._watch(listener, lambda events: self._accept(listener, operations))
        bound: int = listener.getsockname()[1]
        return bound

    def serve(self) -> None:
        while True:
            for descriptor, events in self._epoll.poll():
                handler = self._handlers.get(descriptor)
                if handler is not None:
                    handler(events)

    def _watch(self, sock: socket.socket, handler: Callable[[int], None]) -> None:
        self._handlers[sock.fileno()] = handler
        self._epoll.register(sock.fileno(), select.EPOLLIN)

    def _accept(self, listener: socket.socket, operations: Operations) -> None:
        sock, _ = listener.accept()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(sock, operations)
        self._watch(sock, lambda events: self._ready(connection, events))

    def _ready(self, connection: Connection, events: int) -> None:
        try:
            if connection.out and events & select.EPOLLOUT:
                self._flush(connection)
            if events & ~select.EPOLLOUT:
                self._receive(connection)
        except OSError:
            self._close(connection)

    def _receive(self, connection: Connection) -> None:
        try:
            data = connection.sock.recv(RECEIVE)
        except BlockingIOError:
            return
        if not data:
            self._close(connection)
            return
        connection.inbox.feed(data)
        try:
            self._take_all(connection)
        except Refusal as refusal:
            self._send(connection, refusal.status, (refusal.body(),))
            self._close(connection)

    def _take_all(self, connection: Connection) -> None:
        request = connection.inbox.next()
        while request is not None:
            self._take(connection, request)
            request = connection.inbox.next()

    def _take(self, connection: Connection, request: Request) -> None:
        gated = request.operation in self._gated and request.operation in connection.operations
        if gated and not any(probe in request.body for probe in PROBES):
            self._held.append((connection, request))
            self._stats.held = len(self._held)
        else:
            self._answer(connection, request)

    def _answer(self, connection: Connection, request: Request) -> None:
        status = 200
        try:
            body = self._body(connection.operations, request)
        except Refusal as refusal:
            status, body = refusal.status, (refusal.body(),)
        except (msgspec.MsgspecError, ValueError, KeyError) as error:
            status, body = 400, (Refusal("SerializationException", repr(error)).body(),)
        self._send(connection, status, body)

    def _body(self, operations: Operations, request: Request) -> Parts:
        operation = request.operation
        if operation.startswith("/"):
            return self._own(operation)
        self._stats.requests[operation] = self._stats.requests.get(operation, 0) + 1
        if operation not in operations:
            raise Refusal("UnknownOperationException", f"{operation} is not one of the prepared answers")
        return operations[operation](request.body)

    def _own(self, path: str) -> Parts:
        if path == "/_open":
            self._open()
        elif path != "/_stats":
            raise Refusal("NotFound", f"{path}: there are /_stats and /_open", 404)
        return (json.dumps(self._stats.as_dict()).encode(),)

    def _open(self) -> None:
        held, self._held, self._gated = self._held, [], frozenset()
        self._stats.open()
        for connection, request in held:
            with contextlib.suppress(OSError):  # its own event will tell, and close it
                self._answer(connection, request)

    def _send(self, connection: Connection, status: int, parts: Parts) -> None:
        waiting = bool(connection.out)
        connection.out.append(memoryview(self._heads.head(sum(map(len, parts)), status)))
        connection.out += [memoryview(part) for part in parts if part]
        if not waiting:
            self._flush(connection)

    def _flush(self, connection: Connection) -> None:
        """Send what the socket accepts now; the rest waits for EPOLLOUT."""
        try:
            sent = connection.sock.sendmsg(connection.out)
        except BlockingIOError:
            sent = 0
        while connection.out and sent >= len(connection.out[0]):
            sent -= len(connection.out.pop(0))
        if connection.out:
            connection.out[0] = connection.out[0][sent:]
        if connection.blocked != bool(connection.out):
            connection.blocked = bool(connection.out)
            wanted = select.EPOLLIN | (select.EPOLLOUT if connection.blocked else 0)
            self._epoll.modify(connection.sock.fileno(), wanted)

    def _close(self, connection: Connection) -> None:
        descriptor = connection.sock.fileno()
        if descriptor >= 0:
            self._handlers.pop(descriptor, None)
            self._epoll.unregister(descriptor)
            connection.sock.close()
