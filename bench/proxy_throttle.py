"""An HTTP proxy that throttles the writes to one table, as a table with provisioned capacity does.

    python -m bench.proxy_throttle --upstream http://127.0.0.1:8000 --table orders --rate 5

A BatchWriteItem with writes to the table is refused as a whole (ProvisionedThroughputExceededException)
while more than `rate` writes per second are requested. All other requests are forwarded unchanged, with
their signed headers. Throttling begins when a line arrives on stdin. The first line
that is printed is the proxy's address.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3

REFUSAL = (
    b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",'
    b'"message":"The level of configured provisioned throughput for the table was exceeded."}'
)
WRITES = (b'"PutRequest"', b'"DeleteRequest"')
KEPT = ("date", "x-amz-crc32", "x-amzn-errortype", "content-type")


class Capacity:
    """A token bucket that holds one second of writes."""

    def __init__(self, rate: float) -> None:
        self._rate, self._left, self._at = rate, rate, time.monotonic()
        self._lock = threading.Lock()

    def take(self, writes: int) -> bool:
        """Whether the table accepts these writes now. A request larger than the bucket needs a full one."""
        with self._lock:
            now = time.monotonic()
            self._left = min(self._rate, self._left + (now - self._at) * self._rate)
            self._at = now
            if self._left < min(writes, self._rate):
                return False
            self._left -= writes
            return True


class ThrottlingProxy(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, upstream: str, table: str, rate: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pool = urllib3.connection_from_url(upstream, maxsize=256)
        self._name = f'"{table}"'.encode()
        self._capacity, self._throttles = Capacity(rate), False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def begin_when_told(self) -> None:
        self._throttles = bool(sys.stdin.readline())

    def refuses(self, operation: str, body: bytes) -> bool:
        """The writes of the whole request are counted. A request of several tables is counted too high, which
        only throttles the table more."""
        if not self._throttles or operation != "BatchWriteItem" or self._name not in body:
            return False
        return not self._capacity.take(sum(body.count(write) for write in WRITES))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ThrottlingProxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = str(self.headers.get("X-Amz-Target", "")).rsplit(".", 1)[-1]
        if self.server.refuses(operation, body):
            self._answer(400, {"content-type": "application/x-amz-json-1.0"}, REFUSAL)
            return
        answer = self.server.pool.urlopen(
            "POST", "/", body=body, headers=dict(self.headers), retries=False, timeout=60
        )
        self._answer(answer.status, answer.headers, answer.data)

    def _answer(self, status: int, headers: Any, body: bytes) -> None:
        lines = [f"HTTP/1.1 {status} -", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() in KEPT]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)

    def log_message(self, *_: Any) -> None:
        """Do not log."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.proxy_throttle", description=__doc__)
    parser.add_argument("--upstream", required=True, metavar="URL")
    parser.add_argument("--table", required=True)
    parser.add_argument("--rate", type=float, required=True, help="writes a second")
    options = parser.parse_args()
    proxy = ThrottlingProxy(options.upstream, options.table, options.rate)
    print(proxy.address, flush=True)
    threading.Thread(target=proxy.begin_when_told, daemon=True).start()
    proxy.serve_forever()


if __name__ == "__main__":
    main()
