"""A socket server that answers with scripted bytes, to test answers that a correct server never gives."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import zlib
from typing import Iterable, List, Optional


def answer(body: bytes = b"{}", status: str = "200 OK", extra: str = "", crc: Optional[int] = None) -> bytes:
    checksum = zlib.crc32(body) if crc is None else crc
    head = (
        f"HTTP/1.1 {status}\r\nDate: Sat, 22 Nov 2025 15:44:00 GMT\r\nx-amz-crc32: {checksum}\r\n"
        f"Content-Length: {len(body)}\r\n{extra}\r\n"
    )
    return head.encode() + body


def error(code: str, message: str = "no", status: str = "400 Bad Request") -> bytes:
    body = f'{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"{message}"}}'
    return answer(body.encode(), status)


WRITTEN = answer(b'{"UnprocessedItems":{}}')
CLOSE = b""
"""Closes the connection instead of answering."""
SILENCE = b"\0silence"
"""Sends no answer."""


class ScriptedServer:
    """Answers request n of all connections with entry n of the script. After its end, the answer is `{}`, or
    that everything is written."""

    def __init__(
        self, script: Iterable[bytes] = (), close_after: bool = False, tls: Optional[ssl.SSLContext] = None
    ) -> None:
        """`close_after`: close the connection after each answer without announcing it."""
        self.requests: List[bytes] = []
        self.connections = 0
        self._script = iter(script)
        self._close_after, self._tls = close_after, tls
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: List[socket.socket] = []
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            while self._request(connection):
                with self._lock:
                    reply = next(self._script, self._usual())
                if reply == SILENCE:
                    continue
                connection.sendall(reply)
                if not reply or self._close_after or b"Content-Length: 999" in reply:
                    break
        except OSError:
            pass
        connection.close()

    def _usual(self) -> bytes:
        return WRITTEN if b".BatchWriteItem\r\n" in self.requests[-1] else answer()

    def _request(self, connection: socket.socket) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return False
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return True

    def push(self, unasked: bytes) -> None:
        """Send data on every open connection. Returns when it should have arrived."""
        for connection in self._open:
            connection.sendall(unasked)
        time.sleep(0.05)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            # After a close alone, the socket still listens while a thread waits in accept.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()
