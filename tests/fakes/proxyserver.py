"""A forward proxy on a real socket: CONNECT tunnels, and requests with a whole URL."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import List, Tuple


class ProxyServer:
    """Records the head of each request. Answers CONNECT with `status`, and tunnels if it is 200."""

    def __init__(self, status: str = "200 Connection established") -> None:
        self.heads: List[str] = []
        self._status = status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            data = b""
            while b"\r\n\r\n" not in data:
                data += client.recv(65536)
            head = data.partition(b"\r\n\r\n")[0].decode()
            self.heads.append(head)
            method, target, _ = head.split("\r\n")[0].split(" ")
            if method == "CONNECT":
                client.sendall(f"HTTP/1.1 {self._status}\r\nProxy-Agent: test\r\n\r\n".encode())
                if self._status.startswith("200"):
                    self._join(client, socket.create_connection(_address(target)))
            else:
                upstream = socket.create_connection(_address(target.split("/")[2]))
                upstream.sendall(data)
                self._join(client, upstream)

    def _join(self, client: socket.socket, upstream: socket.socket) -> None:
        threading.Thread(target=_copy, args=(upstream, client), daemon=True).start()
        _copy(client, upstream)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _address(target: str) -> Tuple[str, int]:
    """The address of a target. A name that only the proxy can resolve means this machine."""
    return "127.0.0.1", int(target.rsplit(":", 1)[1])


def _copy(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            data = one.recv(65536)
            if not data:
                break
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
