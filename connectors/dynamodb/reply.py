"""A strict reader of HTTP/1.1 answers. A malformed answer is a fault. Whatever a server sends, the reader
uses at most BODY_LIMIT bytes of memory and raises only its own fault.

Sources of the rules: RFC 9112, sections 6 (message body) and 7 (chunked).
"""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional, Protocol, Tuple

CHUNK = 1 << 18
"""Maximum bytes that are received at once."""
HEAD_LIMIT = 1 << 16
BODY_LIMIT = 1 << 28
"""Maximum bytes of a body. The largest answer is a BatchGetItem's: 16 MB of items, about twice that in
JSON."""
INTERIMS = 16
"""Maximum number of 1xx answers before the final one."""
TRAILERS = 64

_STATUS = re.compile(r"HTTP/1\.([0-9]) ([1-5][0-9][0-9])(?: .*)?").fullmatch
_LENGTH = re.compile(r"[0-9]{1,12}").fullmatch
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?").fullmatch
_BODILESS = (204, 304)


class HttpAnswer(NamedTuple):
    status: int
    headers: Dict[str, str]
    """Values by lower-case name. Several values of one name are joined with commas."""
    body: bytes


class ByteSource(Protocol):
    def more(self, size: int, early: bool) -> bytes:
        """Between one and `size` bytes. `early`: nothing of this answer has been received yet. Raises the
        source's fault."""
        ...

    def fault(self, text: str) -> Exception:
        """The exception for an answer that cannot be read."""
        ...


class Reply:
    """Reads one answer."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._data, self._at = b"", 0
        self.reusable = True
        """Whether the connection can be used for another request after the answer has been read."""

    def read(self) -> HttpAnswer:
        """Read the final answer. Interim answers (100 Continue, 103 Early Hints) are skipped."""
        for _ in range(INTERIMS):
            status, headers = self._head()
            if status == 101:
                break
            if status >= 200:
                answer = HttpAnswer(status, headers, self._body(status, headers))
                if self._at < len(self._data):
                    self.reusable = False  # The rest of the data does not belong to a request.
                return answer
        raise self._source.fault("the answer switches protocols or does not come to its end")

    def read_head(self) -> int:
        """The status of an answer without a body, such as a proxy's answer to CONNECT."""
        status, _ = self._head()
        if self._at < len(self._data):
            raise self._source.fault("more than an answer has come")
        return status

    def _head(self) -> Tuple[int, Dict[str, str]]:
        first, *lines = self._head_lines()
        status_line = _STATUS(first)
        if status_line is None:
            raise self._source.fault("the answer is not HTTP/1.1")
        headers: Dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or name.strip() != name or not name:
                raise self._source.fault("a header of the answer cannot be read")
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        if status_line.group(1) == "0" or "close" in _listed(headers.get("connection", "")):
            self.reusable = False
        return int(status_line.group(2)), headers

    def _head_lines(self) -> List[str]:
        while True:
            end = self._data.find(b"\r\n\r\n", self._at)
            if (end if end >= 0 else len(self._data)) - self._at > HEAD_LIMIT:
                raise self._source.fault(f"the answer's head is larger than {HEAD_LIMIT} bytes")
            if end >= 0:
                head, self._at = self._data[self._at : end], end + 4
                return head.decode("latin-1").split("\r\n")
            self._fetch(CHUNK)

    def _body(self, status: int, headers: Dict[str, str]) -> bytes:
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise self._source.fault("the answer is compressed, which was not asked for")
        if "transfer-encoding" in headers:
            if headers["transfer-encoding"].lower() != "chunked":
                raise self._source.fault("the answer has a Transfer-Encoding other than chunked")
            self.reusable = self.reusable and "content-length" not in headers
            return self._chunked()
        if status in _BODILESS:
            return b""
        length = self._length(headers.get("content-length"))
        return self._take(length)

    def _length(self, header: Optional[str]) -> int:
        if header is None:
            # Without a length, a truncated body could not be distinguished from a complete one.
            raise self._source.fault("the answer has no Content-Length")
        lengths = set(_listed(header))
        length = lengths.pop()
        if lengths or not _LENGTH(length):
            raise self._source.fault("the answer's Content-Length is not one number")
        return self._bounded(int(length))

    def _bounded(self, size: int) -> int:
        if size > BODY_LIMIT:
            raise self._source.fault(f"the answer is larger than {BODY_LIMIT >> 20} MiB")
        return size

    def _chunked(self) -> bytes:
        parts: List[bytes] = []
        total = 0
        while True:
            size_line = _CHUNK_SIZE(self._line())
            if size_line is None:
                raise self._source.fault("a chunk of the answer has no size")
            size = int(size_line.group(1), 16)
            if size == 0:
                break
            total = self._bounded(total + size)
            parts.append(self._take(size))
            if self._take(2) != b"\r\n":
                raise self._source.fault("a chunk of the answer is longer than its size")
        for _ in range(TRAILERS):
            if not self._line():
                return b"".join(parts)
        raise self._source.fault("the answer's trailer does not end")

    def _line(self) -> bytes:
        while True:
            end = self._data.find(b"\r\n", self._at)
            if (end if end >= 0 else len(self._data)) - self._at > HEAD_LIMIT:
                raise self._source.fault("a line of the answer does not end")
            if end >= 0:
                line, self._at = self._data[self._at : end], end + 2
                return line
            self._fetch(CHUNK)

    def _take(self, size: int) -> bytes:
        if len(self._data) - self._at < size:
            self._fetch_whole(size)
        at, self._at = self._at, self._at + size
        if at == 0 and self._at == len(self._data):
            return self._data
        return self._data[at : self._at]

    def _fetch_whole(self, size: int) -> None:
        parts = [self._data[self._at :]]
        # Release it now. Otherwise the parts of a 1 MB page exceed what the C library caches, and each page
        # costs 1 ms more, because its memory comes from the operating system.
        self._data = b""
        missing = size - len(parts[0])
        while missing > 0:
            parts.append(self._source.more(min(missing, CHUNK), early=False))
            missing -= len(parts[-1])
        self._data, self._at = b"".join(parts), 0

    def _fetch(self, size: int) -> None:
        early = not self._data
        self._data, self._at = self._data[self._at :] + self._source.more(size, early), 0


def _listed(header: str) -> List[str]:
    return [part.strip().lower() for part in header.split(",")]
