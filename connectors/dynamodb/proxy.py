"""The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY configure, as in the AWS SDK.

An https endpoint is reached through a tunnel (CONNECT), an http endpoint by requests with a complete URL. The
lower-case names of the variables override the others, as in curl and Python.
"""

from __future__ import annotations

import base64
import ipaddress
from typing import Mapping, NamedTuple, Optional, Tuple
from urllib.parse import unquote, urlsplit

from connectors.base.errors import ConfigError
from connectors.base.secret import Secret


class Proxy(NamedTuple):
    host: str
    port: int
    authorization: Optional[Secret]
    """Value of the header Proxy-Authorization."""
    variable: str
    """The environment variable that configures the proxy."""

    def __str__(self) -> str:
        """The address, without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port} (of {self.variable})"

    @property
    def header(self) -> bytes:
        if self.authorization is None:
            return b""
        return f"Proxy-Authorization: {self.authorization.reveal()}\r\n".encode()


def proxy_for(secure: bool, host: str, port: int, environ: Mapping[str, str]) -> Optional[Proxy]:
    """The proxy for a host; None: connect directly. Raises ConfigError for an invalid proxy."""
    name, value = _variable("https_proxy" if secure else "http_proxy", environ)
    if not value or _is_loopback(host) or _bypassed(host, port, environ):
        return None
    return _parsed(name, value)


def _variable(name: str, environ: Mapping[str, str]) -> Tuple[str, str]:
    for spelling in (name, name.upper()):
        value = environ.get(spelling, "").strip()
        if value:
            return spelling, value
    return name, ""


def _is_loopback(host: str) -> bool:
    """Whether the host is this machine. A proxy would connect to its own loopback address instead."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


def _bypassed(host: str, port: int, environ: Mapping[str, str]) -> bool:
    _, listed = _variable("no_proxy", environ)
    if not listed:
        return False
    host = host.rstrip(".").lower()
    return any(_covers(name.strip().lower(), host, port) for name in listed.split(","))


def _covers(name: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY includes a host. An entry is `*`, a host or a domain (with or without a
    leading dot), each with an optional port, or a network such as 10.0.0.0/8."""
    if name == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name.strip("[]"), strict=False)
    except ValueError:
        pass
    if name.endswith(f":{port}"):
        name = name[: -len(f":{port}")].strip("[]")
    name = name.lstrip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _parsed(name: str, value: str) -> Proxy:
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        port = parts.port or 80
    except ValueError:
        raise _wrong(name, "must be a URL such as http://HOST:3128") from None
    if parts.scheme.lower() != "http":
        raise _wrong(name, "must begin with http://: other kinds of proxies are not supported")
    if not parts.hostname:
        raise _wrong(name, "must be a URL such as http://HOST:3128")
    return Proxy(parts.hostname, port, _authorization(parts.username, parts.password), name)


def _authorization(user: Optional[str], password: Optional[str]) -> Optional[Secret]:
    if not user:
        return None
    pair = f"{unquote(user)}:{unquote(password or '')}".encode()
    return Secret(f"Basic {base64.b64encode(pair).decode()}")


def _wrong(name: str, problem: str) -> ConfigError:
    return ConfigError("environment", name, problem)
