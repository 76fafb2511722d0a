"""An HTTP proxy for a DynamoDB endpoint that records every call, with its time and outcome."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Iterator, List, NamedTuple

import urllib3


class Call(NamedTuple):
    """A call. `at`: time of the answer, in seconds of time.monotonic. `status` 0: there was no answer."""

    at: float
    operation: str
    status: int


class Read(NamedTuple):
    """An answered page of a segment: `begins` without ExclusiveStartKey, `ends` without LastEvaluatedKey."""

    table: str
    segment: int
    begins: bool
    ends: bool


class Recorder:
    """The proxy. It forwards the Host header unchanged, because the header is signed."""

    def __init__(self, upstream: str) -> None:
        self.calls: List[Call] = []
        self.reads: List[Read] = []
        self._let_through = threading.Event()
        self._let_through.set()
        self._pool = urllib3.connection_from_url(upstream, maxsize=64)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.recorder = self

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def forward(self, headers: Any, body: bytes) -> urllib3.BaseHTTPResponse:
        """Forward a request. Raises urllib3's HTTPError if the upstream does not answer."""
        operation = operation_of(headers)
        try:
            answer = self._pool.urlopen(
                "POST", "/", body=body, headers=dict(headers), retries=False, timeout=60
            )
        except urllib3.exceptions.HTTPError:
            self.calls.append(Call(time.monotonic(), operation, 0))
            raise
        if operation == "Scan" and answer.status == 200:
            self._note_read(json.loads(body), answer.data)
        self.calls.append(Call(time.monotonic(), operation, answer.status))
        return answer

    def _note_read(self, asked: Any, answer: bytes) -> None:
        """Record a page of the scan. A Scan without a segment only tests whether the table has items."""
        if "Segment" in asked:
            begins, ends = "ExclusiveStartKey" not in asked, b'"LastEvaluatedKey"' not in answer
            self.reads.append(Read(asked["TableName"], asked["Segment"], begins, ends))

    @contextmanager
    def scans_held(self) -> Iterator[None]:
        """Hold all Scan calls, so that the scan makes no progress while a test waits for something else."""
        self._let_through.clear()
        try:
            yield
        finally:
            self._let_through.set()

    def wait(self, headers: Any) -> None:
        """Wait while this call is held."""
        if operation_of(headers) == "Scan":
            self._let_through.wait()

    def done(self, operation: str) -> List[float]:
        """Times at which the successful calls of an operation were answered, in order."""
        return [call.at for call in self.calls if call.operation == operation and call.status == 200]

    def __enter__(self) -> Recorder:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._pool.close()


def operation_of(headers: Any) -> str:
    return str(headers.get("X-Amz-Target", "")).rsplit(".", 1)[-1]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    recorder: Recorder

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do nothing: a killed worker closes its connections."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.recorder.wait(self.headers)
        if self._left():
            self.close_connection = True
            return
        try:
            answer = self.server.recorder.forward(self.headers, body)
        except urllib3.exceptions.HTTPError:
            self.close_connection = True
            return
        lines = [f"HTTP/1.1 {answer.status} -", f"Content-Length: {len(answer.data)}"]
        kept = ("date", "x-amz-crc32", "x-amzn-errortype", "content-type")
        lines += [f"{name}: {value}" for name, value in answer.headers.items() if name.lower() in kept]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + answer.data)

    def _left(self) -> bool:
        """Whether the caller has closed the connection, so that nobody would read the answer."""
        ready, _, _ = select.select([self.connection], [], [], 0)
        try:
            return bool(ready) and not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def log_message(self, *_: Any) -> None:
        """Do not log."""
