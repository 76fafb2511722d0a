"""A persistent HTTP/1.1 connection that supports only what the DynamoDB protocol needs.

The project has its own implementation because the connection is on the data path. Client CPU per signed
BatchWriteItem of 25 items of 1 KB, with 16 requests in flight on two cores:

- with threads: 0.5 ms with urllib3, 0.3 ms with http.client, 0.16 ms with plain sockets
- with one thread: 0.05 ms with plain sockets, 0.09 ms including all other work of the writer
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import time
from typing import NamedTuple, Optional
from urllib.parse import urlsplit

from connectors.base.errors import ConfigError, PreflightError, TransientError
from connectors.dynamodb.proxy import Proxy
from connectors.dynamodb.reply import ByteSource, HttpAnswer, Reply

CHUNK = 1 << 18
"""Bytes that are sent or received under one time-out. A slow transfer that makes progress does not time
out."""


class Endpoint(NamedTuple):
    secure: bool
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Value of the Host header, which is signed. The default port of the scheme is omitted."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.authority}"


class Timeouts(NamedTuple):
    """Time-outs of a connection, in seconds."""

    connect: float = 5.0
    read: float = 20.0


class CutError(TransientError):
    """The connection ended. `early`: before the first byte of the answer, as when a server closes an idle
    connection."""

    def __init__(self, text: str, early: bool) -> None:
        self.early = early
        super().__init__(text)


def endpoint_of(url: str, key: str = "endpoint", where: str = "application.yaml") -> Endpoint:
    """Parse `http[s]://HOST[:PORT]`. Raises ConfigError, whose message names `key` but not the address, which
    may contain a password."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(where, key, "is not an address like http://HOST:5432")
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigError(where, key, f"{parts.hostname}: only scheme, host and port may be given")
    secure = parts.scheme == "https"
    return Endpoint(secure, str(parts.hostname), parts.port or (443 if secure else 80))


def aws_endpoint(
    region: str, service: str, key: str = "region", fips: bool = False, dual_stack: bool = False
) -> Endpoint:
    """The address of `dynamodb` or `streams.dynamodb` from botocore's endpoint data."""
    from botocore.loaders import create_loader
    from botocore.regions import EndpointResolver

    endpoint = EndpointResolver(create_loader().load_data("endpoints")).construct_endpoint(service, region)
    if not endpoint:
        raise ConfigError("application.yaml", key, f"{region!r} is not an AWS region, e.g. cn-north-1")
    if fips or dual_stack:
        return _variant(region, service, fips, dual_stack)
    return Endpoint(True, endpoint["hostname"], 443)


def _variant(region: str, service: str, fips: bool, dual_stack: bool) -> Endpoint:
    """The address of a FIPS or dual-stack endpoint by the service's rules, as the SDK resolves it. The
    endpoint data contain other names."""
    from botocore.endpoint_provider import EndpointProvider
    from botocore.exceptions import EndpointProviderError
    from botocore.loaders import create_loader

    loader, name = create_loader(), _RULES[service]
    provider = EndpointProvider(
        loader.load_service_model(name, "endpoint-rule-set-1"), loader.load_data("partitions")
    )
    try:
        endpoint = provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual_stack)
    except EndpointProviderError as error:
        names = [name for name, on in zip(VARIANTS, (fips, dual_stack)) if on]
        raise ConfigError("the AWS configuration", " and ".join(names), str(error)) from None
    return endpoint_of(endpoint.url)


_RULES = {"dynamodb": "dynamodb", "streams.dynamodb": "dynamodbstreams"}
VARIANTS = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")


def tls_context(profile_bundle: str = "") -> ssl.SSLContext:
    """A context that verifies certificates with the configured bundle, or else with the authorities of the
    system and of certifi. Raises ConfigError for a bundle that cannot be read."""
    for name, path in (
        ("AWS_CA_BUNDLE", os.environ.get("AWS_CA_BUNDLE")),
        ("ca_bundle of the profile", profile_bundle),
        ("REQUESTS_CA_BUNDLE", os.environ.get("REQUESTS_CA_BUNDLE")),
    ):
        if path:
            return _bundled(name, path)
    from botocore.httpsession import get_cert_path

    context = ssl.create_default_context()
    context.load_verify_locations(get_cert_path(True))
    return context


def _bundled(name: str, path: str) -> ssl.SSLContext:
    try:
        if os.path.isdir(path):
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        problem = "contains no certificate in PEM format (-----BEGIN CERTIFICATE-----)"
    except (OSError, ValueError) as error:
        problem = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    raise ConfigError("the AWS configuration", name, f"{path} {problem}")


class Connection(ByteSource):
    """A connection that sends one request and then receives its answer. After an error it must be closed."""

    def __init__(
        self,
        endpoint: Endpoint,
        timeouts: Timeouts,
        context: Optional[ssl.SSLContext],
        proxy: Optional[Proxy] = None,
    ) -> None:
        """Connects. Raises TransientError if the endpoint cannot be reached, PreflightError if TLS or the
        proxy refuses."""
        self._endpoint, self._timeouts, self._proxy = endpoint, timeouts, proxy
        self.reusable = True
        self.idle_since = 0.0
        self._limit = 0.0
        self._socket = self._reached()
        try:
            self._socket = self._secured(context)
        except BaseException:
            self._socket.close()
            raise
        self._idle_poll = select.poll()
        self._idle_poll.register(self._socket, select.POLLIN)

    def _reached(self) -> socket.socket:
        to = self._proxy or self._endpoint
        try:
            opened = socket.create_connection((to.host, to.port), self._timeouts.connect)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return opened
        except (OSError, UnicodeError) as error:
            if self._proxy:
                problem = f"{self._endpoint}: cannot connect through the proxy {self._proxy}: {error}"
            else:
                problem = f"{self._endpoint}: cannot connect: {error}"
            raise TransientError(problem) from error

    def _secured(self, context: Optional[ssl.SSLContext]) -> socket.socket:
        opened = self._socket
        if context is not None:
            if self._proxy is not None:
                self._tunnel(self._proxy)
            try:
                opened = context.wrap_socket(opened, server_hostname=self._endpoint.host)
            except (OSError, ValueError) as error:
                raise self._tls_error(error) from error
        opened.settimeout(self._timeouts.read)
        return opened

    def _tunnel(self, proxy: Proxy) -> None:
        """Ask the proxy for a tunnel to the endpoint."""
        host = f"[{self._endpoint.host}]" if ":" in self._endpoint.host else self._endpoint.host
        to = f"{host}:{self._endpoint.port}"
        self.send(f"CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n".encode() + proxy.header + b"\r\n", b"")
        self._limit = time.monotonic() + self._timeouts.connect
        status = Reply(self).read_head()
        if status == 407:
            raise PreflightError(
                f"the proxy {proxy} requires a user and a password: give them as "
                f"http://USER:PASSWORD@HOST:PORT."
            )
        if status >= 500 or status in (408, 429):
            raise TransientError(f"{self._endpoint}: the proxy {proxy} answers {status}")
        if status >= 300:
            raise PreflightError(
                f"the proxy {proxy} refuses to connect to {to} ({status}): allow it there, or add the host "
                f"to NO_PROXY."
            )

    def _tls_error(self, error: Exception) -> Exception:
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
        """Send a request. Raises CutError."""
        if self._proxy is not None and not self._endpoint.secure:
            # A proxy without a tunnel needs the whole address in the first line.
            head = head.replace(b"POST / ", f"POST {self._endpoint}/ ".encode(), 1)
            head = head.replace(b"\r\n", b"\r\n" + self._proxy.header, 1)
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
        """Whether the server has sent data, or closed the connection, without a request. The connection can
        then not be used for another request."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        return bool(self._idle_poll.poll(0))

    def receive(self) -> HttpAnswer:
        """Receive the answer. Raises CutError if it is malformed, or incomplete after the read time-out."""
        self._limit = time.monotonic() + self._timeouts.read
        reply = Reply(self)
        answer = reply.read()
        self.reusable = reply.reusable
        return answer

    def more(self, size: int, early: bool) -> bytes:
        try:
            data = self._socket.recv(size)
        except socket.timeout as error:
            raise self._cut(f"no answer within {self._timeouts.read:g} s", early=False) from error
        except OSError as error:
            raise self._cut(str(error), early) from error
        if not data:
            raise self._cut("closed by the other side", early)
        # Each byte restarts the socket's own time-out. An answer that arrives byte by byte must not block
        # a write forever.
        if time.monotonic() > self._limit + self._timeouts.read:
            raise self._cut(f"answer not whole within {2 * self._timeouts.read:g} s", early=False)
        return data

    def fault(self, text: str) -> CutError:
        return self._cut(text, early=False)

    def _cut(self, text: str, early: bool) -> CutError:
        return CutError(f"{self._endpoint}: {text}", early)
