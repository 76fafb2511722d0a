"""One kept-alive HTTP/1.1 connection, cut down to what the DynamoDB protocol needs.

Own code because it is the data path. CPU of the client for a signed BatchWriteItem of 25 one-kilobyte items,
16 in flight on two cores: over threads 0.5 ms with urllib3, 0.3 with http.client, 0.16 with bare sockets;
0.05 with bare sockets from one thread (0.09 with everything the writer does around it).
"""

from __future__ import annotations

import os
import socket
import ssl
import time
from typing import Dict, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from connectors.base.errors import ConfigError, PreflightError, TransientError

CHUNK = 1 << 18
"""Bytes sent or received under one time-out: a slow line that moves is not cut off."""
HEAD_LIMIT = 1 << 16


class Endpoint(NamedTuple):
    secure: bool
    host: str
    port: int

    @property
    def authority(self) -> str:
        """For the Host header, which is signed: the scheme's own port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.authority}"


class Timeouts(NamedTuple):
    """Seconds."""

    connect: float = 5.0
    read: float = 20.0


class HttpAnswer(NamedTuple):
    status: int
    headers: Dict[str, str]
    """Names in lower case."""
    body: bytes


class CutError(TransientError):
    """The connection ended. `early`: before the first byte of the answer, as a stale kept-alive one does."""

    def __init__(self, text: str, early: bool) -> None:
        self.early = early
        super().__init__(text)


def endpoint_of(url: str, key: str = "endpoint") -> Endpoint:
    """Parse `http[s]://HOST[:PORT]`. Raises ConfigError naming `key`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigError(
            "application.yaml", key, f"{url!r} is not an address like http://HOST:5432"
        ) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("application.yaml", key, f"{url!r} is not an address like http://HOST:5432")
    if parts.path not in ("", "/") or parts.query or parts.username:
        raise ConfigError(
            "application.yaml", key, f"{parts.hostname}: only scheme, host and port may be given"
        )
    secure = parts.scheme == "https"
    return Endpoint(secure, parts.hostname, port or (443 if secure else 80))


def aws_endpoint(region: str, service: str, key: str = "region") -> Endpoint:
    """The address of `dynamodb` or `streams.dynamodb` from botocore's own endpoint data."""
    from botocore.loaders import create_loader
    from botocore.regions import EndpointResolver

    found = EndpointResolver(create_loader().load_data("endpoints")).construct_endpoint(service, region)
    if not found:
        raise ConfigError("application.yaml", key, f"{region!r} is no AWS region, e.g. cn-north-1")
    return Endpoint(True, found["hostname"], 443)


def tls_context() -> ssl.SSLContext:
    """Verifies certificates against AWS_CA_BUNDLE alone, or the system's authorities and certifi's."""
    bundle = os.environ.get("AWS_CA_BUNDLE")
    context = ssl.create_default_context(cafile=bundle or None)
    if not bundle:
        from botocore.httpsession import get_cert_path

        context.load_verify_locations(get_cert_path(True))
    return context


class Connection:
    """Send one request, then receive its answer. Any error leaves it unusable: close it."""

    def __init__(self, endpoint: Endpoint, timeouts: Timeouts, context: Optional[ssl.SSLContext]) -> None:
        """Raises TransientError when the endpoint cannot be reached, PreflightError when TLS is refused."""
        self._endpoint, self._timeouts = endpoint, timeouts
        self.reusable = True
        self.idle_since = 0.0
        self._socket = self._open(context)

    def _open(self, context: Optional[ssl.SSLContext]) -> socket.socket:
        try:
            plain = socket.create_connection(
                (self._endpoint.host, self._endpoint.port), self._timeouts.connect
            )
        except (OSError, UnicodeError) as error:
            raise TransientError(f"{self._endpoint}: cannot connect: {error}") from error
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened = context.wrap_socket(plain, server_hostname=self._endpoint.host) if context else plain
            opened.settimeout(self._timeouts.read)
            return opened
        except OSError as error:
            plain.close()
            raise self._tls_error(error) from error

    def _tls_error(self, error: OSError) -> Exception:
        if isinstance(error, ssl.SSLCertVerificationError):
            return PreflightError(
                f"{self._endpoint}: its certificate is not trusted: {error.verify_message}. "
                f"Set AWS_CA_BUNDLE to a file with the authority's certificate."
            )
        if isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
            return PreflightError(f"{self._endpoint}: does not speak TLS; write http:// instead of https://.")
        return TransientError(f"{self._endpoint}: TLS handshake failed: {error}")

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, head: bytes, body: bytes) -> None:
        """Raises CutError."""
        try:
            if len(body) <= CHUNK:
                self._socket.sendall(head + body)
                return
            self._socket.sendall(head)
            view = memoryview(body)
            for start in range(0, len(body), CHUNK):
                self._socket.sendall(view[start : start + CHUNK])
        except OSError as error:
            raise self._cut(f"while sending: {error}", early=True) from error

    def receive(self) -> HttpAnswer:
        """Raises CutError when the answer is not whole after the read time-out."""
        limit = time.monotonic() + self._timeouts.read
        head, rest = self._head(limit)
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        status = self._status(lines[0])
        if lines[0].startswith("HTTP/1.0") or headers.get("connection", "").lower() == "close":
            self.reusable = False
        return HttpAnswer(status, headers, self._body(headers, rest, limit))

    def _status(self, line: str) -> int:
        parts = line.split(" ", 2)
        if len(parts) < 2 or not parts[0].startswith("HTTP/1.") or not parts[1].isdigit():
            raise self._cut("the answer is not HTTP/1.1", early=False)
        return int(parts[1])

    def _head(self, limit: float) -> Tuple[bytes, bytes]:
        data = b""
        while True:
            data += self._some(CHUNK, limit, early=not data)
            end = data.find(b"\r\n\r\n")
            if end >= 0:
                return data[:end], data[end + 4 :]
            if len(data) > HEAD_LIMIT:
                raise self._cut("the answer's head does not end", early=False)

    def _body(self, headers: Dict[str, str], rest: bytes, limit: float) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunked(rest, limit)
        length = headers.get("content-length", "")
        if not length.isdigit():
            # Without a length a cut body could pass for a whole one.
            raise self._cut("the answer has no Content-Length", early=False)
        return self._exactly(int(length), rest, limit)

    def _exactly(self, length: int, rest: bytes, limit: float) -> bytes:
        if len(rest) == length:
            return rest
        if len(rest) > length:
            self.reusable = False
            return rest[:length]
        parts, missing = [rest], length - len(rest)
        while missing:
            part = self._some(min(missing, CHUNK), limit, early=False)
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _chunked(self, rest: bytes, limit: float) -> bytes:
        parts = []
        while True:
            size_line, rest = self._line(rest, limit)
            try:
                size = int(size_line.split(b";", 1)[0], 16)
            except ValueError:
                raise self._cut("a chunk has no size", early=False) from None
            if size == 0:
                break
            while len(rest) < size + 2:
                rest += self._some(max(size + 2 - len(rest), 4096), limit, early=False)
            parts.append(rest[:size])
            rest = rest[size + 2 :]
        while True:
            trailer, rest = self._line(rest, limit)
            if not trailer:
                return b"".join(parts)

    def _line(self, rest: bytes, limit: float) -> Tuple[bytes, bytes]:
        while b"\r\n" not in rest:
            if len(rest) > HEAD_LIMIT:
                raise self._cut("a line of the answer does not end", early=False)
            rest += self._some(4096, limit, early=False)
        line, _, rest = rest.partition(b"\r\n")
        return line, rest

    def _some(self, size: int, limit: float, early: bool) -> bytes:
        try:
            data = self._socket.recv(size)
        except socket.timeout as error:
            raise self._cut(f"no answer within {self._timeouts.read:g} s", early=False) from error
        except OSError as error:
            raise self._cut(str(error), early) from error
        if not data:
            raise self._cut("closed by the other side", early)
        # Each byte restarts the socket's own time-out: a trickle must not hold a write for ever.
        if time.monotonic() > limit + self._timeouts.read:
            raise self._cut(f"answer not whole within {2 * self._timeouts.read:g} s", early=False)
        return data

    def _cut(self, text: str, early: bool) -> CutError:
        return CutError(f"{self._endpoint}: {text}", early)
