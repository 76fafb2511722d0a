"""A TCP proxy that adds a fixed delay to every request, in order and without limiting their number.

    python -m bench.proxy_latency --upstream 127.0.0.1:8000 --milliseconds 20

Bytes to the server are delayed, bytes from it are not: the delay is added once per request. With --gate, the
proxy holds Scan requests until a line arrives on stdin, and prints `held` when one begins to wait. This
separates start-up from work, which the prepared server does by itself.
"""

from __future__ import annotations

import argparse
import select
import socket
import sys
import time
from collections import deque
from functools import partial
from typing import Callable, Deque, Dict, List, Optional, Tuple

RECEIVE = 1 << 18
BACKLOG_BYTES = 1 << 21
"""Bytes that may wait for a slow reader. Above this, the proxy stops reading from the sender."""
_SCAN = b".Scan\r\n"
_PROBE = b'"Limit":1}', b'"Limit":1,'
"""A Scan of one item belongs to the checks before the start, not to the copy."""


class End:
    """One side of a proxied connection; `peer` is the other."""

    def __init__(self, sock: socket.socket, client: bool) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.client = sock, client
        self.peer: End = self
        self.out: Deque[memoryview] = deque()
        self.queued = 0
        self.wanted = select.EPOLLIN
        self.ended = self.closing = False
        self.held: Optional[List[bytes]] = None


class Proxy:
    def __init__(self, upstream: Tuple[str, int], seconds: float, gate: bool) -> None:
        self._upstream, self._seconds, self._gate = upstream, seconds, gate
        self._epoll = select.epoll()
        self._handlers: Dict[int, Callable[[int], None]] = {}
        self._due: Deque[Tuple[float, End, bytes]] = deque()
        self._held: List[End] = []

    def listen(self, port: int) -> int:
        listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        listener.setblocking(False)
        self._watch(listener.fileno(), lambda events: self._accept(listener))
        if self._gate:
            self._watch(sys.stdin.fileno(), lambda events: self._open())
        bound: int = listener.getsockname()[1]
        return bound

    def serve(self) -> None:
        while True:
            wait = max(0.0, self._due[0][0] - time.monotonic()) if self._due else -1
            for descriptor, events in self._epoll.poll(wait):
                handler = self._handlers.get(descriptor)
                if handler is not None:
                    handler(events)
            self._deliver()

    def _deliver(self) -> None:
        """All bytes have the same delay, so those that came first are due first."""
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            _, end, data = self._due.popleft()
            self._send(end, data)

    def _accept(self, listener: socket.socket) -> None:
        client = End(listener.accept()[0], client=True)
        try:
            client.peer = End(socket.create_connection(self._upstream), client=False)
        except OSError:
            client.sock.close()
            return
        client.peer.peer = client
        for end in (client, client.peer):
            self._watch(end.sock.fileno(), partial(self._ready, end))

    def _ready(self, end: End, events: int) -> None:
        try:
            if events & select.EPOLLOUT:
                self._flush(end)
            if events & ~select.EPOLLOUT:
                self._receive(end)
        except BlockingIOError:
            return
        except OSError:
            self._close(end)

    def _receive(self, end: End) -> None:
        data = end.sock.recv(RECEIVE)
        end.ended = not data
        self._update(end)
        if not end.client:
            self._send(end.peer, data)
        elif not self._hold(end, data):
            self._delay(end, data)

    def _hold(self, end: End, data: bytes) -> bool:
        if not self._gate or (end.held is None and not _copies(data)):
            return False
        if end.held is None:
            end.held = []
            self._held.append(end)
            print("held", flush=True)
        end.held.append(data)
        return True

    def _open(self) -> None:
        """A line on stdin opens the gate. So does the end of stdin: nothing waits for a dead harness."""
        self._epoll.unregister(sys.stdin.fileno())
        self._gate = False
        for end in self._held:
            for data in end.held or []:
                self._delay(end, data)
        self._held.clear()

    def _delay(self, end: End, data: bytes) -> None:
        if self._seconds:
            self._due.append((time.monotonic() + self._seconds, end.peer, data))
        else:
            self._send(end.peer, data)

    def _send(self, end: End, data: bytes) -> None:
        """Empty data is the end of file of the other side: no data follows."""
        if end.sock.fileno() < 0:
            return
        end.closing = not data
        if data:
            end.out.append(memoryview(data))
            end.queued += len(data)
        try:
            self._flush(end)
        except BlockingIOError:
            self._update(end)
        except OSError:
            self._close(end)

    def _flush(self, end: End) -> None:
        while end.out:
            sent = end.sock.send(end.out[0])
            end.queued -= sent
            if sent < len(end.out[0]):
                end.out[0] = end.out[0][sent:]
                break
            end.out.popleft()
        if end.closing and not end.out:
            self._close(end)
            return
        self._update(end)
        self._update(end.peer)

    def _watch(self, descriptor: int, handler: Callable[[int], None]) -> None:
        self._handlers[descriptor] = handler
        self._epoll.register(descriptor, select.EPOLLIN)

    def _update(self, end: End) -> None:
        """Register for the events that this end can handle now."""
        reading = not end.ended and end.peer.queued < BACKLOG_BYTES
        wanted = (select.EPOLLIN if reading else 0) | (select.EPOLLOUT if end.out else 0)
        if wanted != end.wanted and end.sock.fileno() >= 0:
            end.wanted = wanted
            self._epoll.modify(end.sock.fileno(), wanted)

    def _close(self, end: End) -> None:
        for one in (end, end.peer):
            descriptor = one.sock.fileno()
            if descriptor >= 0:
                del self._handlers[descriptor]
                self._epoll.unregister(descriptor)
                one.sock.close()


def _copies(data: bytes) -> bool:
    return _SCAN in data[:2048] and not any(probe in data for probe in _PROBE)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.proxy_latency", description=__doc__)
    parser.add_argument("--upstream", required=True, help="HOST:PORT")
    parser.add_argument(
        "--port", type=int, default=0, help="0 takes a free one; the first line printed tells it"
    )
    parser.add_argument("--milliseconds", type=float, default=20.0)
    parser.add_argument("--gate", action="store_true", help="hold Scan until a line arrives on stdin")
    arguments = parser.parse_args()
    host, _, port = arguments.upstream.rpartition(":")
    proxy = Proxy((host, int(port)), arguments.milliseconds / 1000, arguments.gate)
    print(proxy.listen(arguments.port), flush=True)
    proxy.serve()


if __name__ == "__main__":
    main()
