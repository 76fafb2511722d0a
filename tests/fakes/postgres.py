"""A PostgreSQL that refuses every login, in the language and with the code that a test wants."""

from __future__ import annotations

import socket
import struct
import threading
from typing import Iterator, List, Tuple

_SSL_REQUEST = struct.pack(">I", 80877103)


class RefusingPostgres:
    """Use it as a context manager; `port` is where it listens on 127.0.0.1."""

    def __init__(self, code: str, words: str, severity: str = "致命错误") -> None:
        self._answer = _error([("S", severity), ("V", "FATAL"), ("C", code), ("M", words)])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> RefusingPostgres:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                for startup in _messages(connection):
                    connection.sendall(b"N" if startup == _SSL_REQUEST else self._answer)
                    if startup != _SSL_REQUEST:
                        break


def _messages(connection: socket.socket) -> Iterator[bytes]:
    while True:
        head = connection.recv(4, socket.MSG_WAITALL)
        if len(head) < 4:
            return
        yield connection.recv(struct.unpack(">I", head)[0] - 4, socket.MSG_WAITALL)


def _error(fields: List[Tuple[str, str]]) -> bytes:
    body = b"".join(name.encode() + value.encode() + b"\0" for name, value in fields) + b"\0"
    return b"E" + struct.pack(">I", len(body) + 4) + body
