"""An HTTP/1.1 parser for the requests of DynamoDB's clients only; a few microseconds per request."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import List, NamedTuple, Optional

from bench.canned.errors import Refusal

HEAD_LIMIT = 16384
_STATUS = {200: b"200 OK", 400: b"400 Bad Request", 404: b"404 Not Found", 500: b"500 Server Error"}


class Request(NamedTuple):
    operation: str
    """`Scan`, or a path such as `/_stats` for requests of the benchmark."""
    body: bytes


class Inbox:
    """Assembles the bytes of one connection to whole requests, which are returned one by one."""

    __slots__ = ("_body_at", "_chunks", "_have", "_need", "_operation")

    def __init__(self) -> None:
        self._chunks: List[bytes] = []
        self._have = self._need = self._body_at = 0
        self._operation = ""

    def feed(self, data: bytes) -> None:
        self._chunks.append(data)
        self._have += len(data)

    def next(self) -> Optional[Request]:
        """The next whole request, or None. Raises Refusal for an invalid one."""
        if not self._have or self._have < self._need:
            return None
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks = [data]
        if not self._need:
            self._read_head(data)
            if not self._need or self._have < self._need:
                return None
        request = Request(self._operation, data[self._body_at : self._need])
        rest = data[self._need :]
        self._chunks, self._have, self._need = ([rest] if rest else []), len(rest), 0
        return request

    def _read_head(self, data: bytes) -> None:
        end = data.find(b"\r\n\r\n", 0, HEAD_LIMIT)
        if end < 0:
            if len(data) >= HEAD_LIMIT:
                raise Refusal("SerializationException", "no end of headers")
            return
        head = data[: end + 2]
        low = head.lower()
        if b"\r\ntransfer-encoding:" in low:
            raise Refusal("SerializationException", "chunked bodies are not taken: send Content-Length")
        self._operation = _value(head, low, b"\r\nx-amz-target:").rpartition(".")[2] or _path(head)
        self._body_at = end + 4
        self._need = self._body_at + int(_value(head, low, b"\r\ncontent-length:") or 0)


def _value(head: bytes, low: bytes, name: bytes) -> str:
    at = low.find(name)
    if at < 0:
        return ""
    return head[at + len(name) : head.index(b"\r\n", at + len(name))].strip().decode("latin-1")


def _path(head: bytes) -> str:
    return head.split(b" ", 2)[1].decode("latin-1")


class Heads:
    """Heads of answers. The Date is updated once per second."""

    def __init__(self) -> None:
        self._second = 0
        self._start = b""

    def head(self, length: int, status: int = 200) -> bytes:
        now = int(time.time())
        if now != self._second:
            self._second = now
            date = formatdate(now, usegmt=True).encode()
            fields = b"\r\nServer: canned\r\nContent-Type: application/x-amz-json-1.0\r\nDate: " + date
            self._start = fields + b"\r\nx-amzn-RequestId: CANNED\r\nContent-Length: "
        return b"HTTP/1.1 %b%b%d\r\n\r\n" % (_STATUS.get(status, b"500 Error"), self._start, length)
