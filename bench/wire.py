"""One keep-alive HTTP connection over a raw socket, with the minimum that a client needs."""

from __future__ import annotations

import socket
from typing import Optional
from urllib.parse import urlsplit

from bench.options import Side
from bench.signing import Signer

_LENGTH = b"\r\ncontent-length:"


class WireError(Exception):
    """The server closed the connection or returned a status other than 200."""


class Wire:
    """Requests of one operation. `receive` returns a view that is valid until the next `receive`."""

    def __init__(self, side: Side, operation: str, signed: bool, service: str = "DynamoDB_20120810") -> None:
        parts = urlsplit(side.url)
        host = f"{parts.hostname}:{parts.port}"
        self._sock = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=60)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        target = f"{service}.{operation}"
        self._signer: Optional[Signer] = None
        if signed:
            self._signer = Signer(side.key_id, side.secret, host, target)
        self._head = (
            f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"X-Amz-Target: {target}\r\nContent-Length: "
        ).encode()
        self._buffer = bytearray(1 << 16)

    def send(self, body: bytes) -> None:
        fields = self._signer.head(body) if self._signer else b""
        head = b"%b%d\r\n%b\r\n" % (self._head, len(body), fields)
        sent = self._sock.sendmsg((head, body))
        if sent < len(head) + len(body):
            self._sock.sendall((head + body)[sent:])

    def receive(self) -> memoryview:
        """The body of the next answer. Raises WireError."""
        have = self._sock.recv_into(self._buffer)
        end = self._buffer.find(b"\r\n\r\n", 0, have)
        while end < 0 and have:
            more = self._sock.recv_into(memoryview(self._buffer)[have:])
            have = have + more if more else 0
            end = self._buffer.find(b"\r\n\r\n", 0, have)
        if not have:
            raise WireError("the server closed the connection")
        start, length = end + 4, self._length(end)
        self._fill(have, start + length)
        body = memoryview(self._buffer)[start : start + length]
        if not self._buffer.startswith(b"HTTP/1.1 200"):
            raise WireError(bytes(body[:500]).decode("utf-8", "replace"))
        return body

    def call(self, body: bytes) -> memoryview:
        self.send(body)
        return self.receive()

    def _length(self, end: int) -> int:
        head = bytes(self._buffer[: end + 2]).lower()
        at = head.index(_LENGTH) + len(_LENGTH)
        return int(head[at : head.index(b"\r\n", at)])

    def _fill(self, have: int, need: int) -> None:
        if need > len(self._buffer):
            grown = bytearray(need * 2)
            grown[:have] = self._buffer[:have]
            self._buffer = grown  # views of the old one stay valid for whoever still holds them
        view = memoryview(self._buffer)
        while have < need:
            more = self._sock.recv_into(view[have:need])
            if not more:
                raise WireError("the server closed the connection within an answer")
            have += more
