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

from connectors.base.errors import ConfigError, PreflightError, TransientError
from connectors.dynamodb.proxy import Proxy
from connectors.dynamodb.reply import ByteSource, HttpAnswer, Reply

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


def endpoint_of(url: str, key: str = "endpoint", where: str = "application.yaml") -> Endpoint:
    """Parse `http[s]://HOST[:PORT]`. Raises ConfigError naming `key`, without the address: it may hold a
    password."""
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
    """The address of `dynamodb` or `streams.dynamodb` from botocore's own endpoint data."""
    from botocore.loaders import create_loader
    from botocore.regions import EndpointResolver

    found = EndpointResolver(create_loader().load_data("endpoints")).construct_endpoint(service, region)
    if not found:
        raise ConfigError("application.yaml", key, f"{region!r} is no AWS region, e.g. cn-north-1")
    if fips or dual_stack:
        return _variant(region, service, fips, dual_stack)
    return Endpoint(True, found["hostname"], 443)


def _variant(region: str, service: str, fips: bool, dual_stack: bool) -> Endpoint:
    """By the service's rules, which the SDK's own clients follow too: the endpoint data have other names."""
    from botocore.endpoint_provider import EndpointProvider
    from botocore.exceptions import EndpointProviderError
    from botocore.loaders import create_loader

    loader, name = create_loader(), _RULES[service]
    provider = EndpointProvider(
        loader.load_service_model(name, "endpoint-rule-set-1"), loader.load_data("partitions")
    )
    try:
        found = provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual_stack)
    except EndpointProviderError as error:
        names = [name for name, on in zip(VARIANTS, (fips, dual_stack)) if on]
        raise ConfigError("the AWS configuration", " and ".join(names), str(error)) from None
    return endpoint_of(found.url)


_RULES = {"dynamodb": "dynamodb", "streams.dynamodb": "dynamodbstreams"}
VARIANTS = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")


def tls_context(profile_bundle: str = "") -> ssl.SSLContext:
    """Verifies certificates against the one bundle that is configured, or the system's authorities and
    certifi's. Raises ConfigError for a bundle that cannot be read."""
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
        problem = "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)"
    except (OSError, ValueError) as error:
        problem = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    raise ConfigError("the AWS configuration", name, f"{path} {problem}")


class Connection(ByteSource):
    """Send one request, then receive its answer. Any error leaves it unusable: close it."""

    def __init__(
        self,
        endpoint: Endpoint,
        timeouts: Timeouts,
        context: Optional[ssl.SSLContext],
        proxy: Optional[Proxy] = None,
    ) -> None:
        """Raises TransientError when the endpoint cannot be reached, PreflightError when TLS or the proxy
        refuses."""
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
        """Ask the proxy to pass on what follows."""
        host = f"[{self._endpoint.host}]" if ":" in self._endpoint.host else self._endpoint.host
        to = f"{host}:{self._endpoint.port}"
        self.send(f"CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n".encode() + proxy.header + b"\r\n", b"")
        self._limit = time.monotonic() + self._timeouts.connect
        status = Reply(self).read_head()
        if status == 407:
            raise PreflightError(
                f"the proxy {proxy} asks for a user and a password: give them as "
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
        """Raises CutError."""
        if self._proxy is not None and not self._endpoint.secure:
            # Through a proxy without a tunnel: the whole address in the first line.
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
        """Whether something came, the end included, while nothing was asked: it answers no later request."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        return bool(self._idle_poll.poll(0))

    def receive(self) -> HttpAnswer:
        """Raises CutError when the answer is not well formed, or not whole after the read time-out."""
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
        # Each byte restarts the socket's own time-out: a trickle must not hold a write for ever.
        if time.monotonic() > self._limit + self._timeouts.read:
            raise self._cut(f"answer not whole within {2 * self._timeouts.read:g} s", early=False)
        return data

    def fault(self, text: str) -> CutError:
        return self._cut(text, early=False)

    def _cut(self, text: str, early: bool) -> CutError:
        return CutError(f"{self._endpoint}: {text}", early)
