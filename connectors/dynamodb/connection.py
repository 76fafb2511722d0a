"""One kept-alive HTTP/1.1 connection, cut down to what the DynamoDB protocol needs.

Own code because it is the data path. CPU of the client for a signed BatchWriteItem of 25 one-kilobyte items,
16 in flight on two cores: over threads 0.5 ms with urllib3, 0.3 with http.client, 0.16 with bare sockets;
0.05 with bare sockets from one thread (0.09 with everything the writer does around it).
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import time
from typing import NamedTuple, Optional
from urllib.parse import urlsplit

from connectors.dynamodb.reply import Answer, Reply
from connectors.errors import ConfigError, PreflightError, TransientError

CHUNK = 1 << 18
"""Bytes sent or received under one time-out: a slow line that moves is not cut off."""


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
        self._limit = 0.0
        self._socket = self._open(context)
        self._idle_poll = select.poll()
        self._idle_poll.register(self._socket, select.POLLIN)

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

    def spoke(self) -> bool:
        """Whether something came, the end included, while nothing was asked: it answers no later request."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        return bool(self._idle_poll.poll(0))

    def receive(self) -> Answer:
        """Raises CutError when the answer is not well formed, or not whole after the read time-out."""
        self._limit = time.monotonic() + self._timeouts.read
        reply = Reply(self)
        answer = reply.read()
        self.reusable = reply.reusable
        return answer

    def more(self, size: int, early: bool) -> bytes:
        """See `connectors.dynamodb.reply.Source`."""
        try:
            data = self._socket.recv(size)
        except socket.timeout as error:
            raise self._cut(f"no answer within {self._timeouts.read:g} s", early=False) from error
        except OSError as error:
            raise self._cut(str(error), early) from error
        if not data:
            raise self._cut("closed by the other side", early)
        # Each byte restarts the socket's own time-out: a trickle must not hold a write for ever.
        if time.monotonic() > self._limit + self._timeouts.read:
            raise self._cut(f"answer not whole within {2 * self._timeouts.read:g} s", early=False)
        return data

    def fault(self, text: str) -> CutError:
        return self._cut(text, early=False)

    def _cut(self, text: str, early: bool) -> CutError:
        return CutError(f"{self._endpoint}: {text}", early)
