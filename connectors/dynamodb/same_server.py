"""Whether two endpoints are the same server.

A job must not write to its own source, and a check of a side against itself proves nothing. Table ids would
show this too, but not every server has them.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Callable, FrozenSet, NamedTuple, Optional

from connectors.dynamodb.connection import Endpoint

Resolve = Callable[[str], FrozenSet[str]]
THIS_MACHINE = "this machine"


class ServerPlace(NamedTuple):
    endpoint: Endpoint
    region: str
    """Local servers keep a separate set of tables for each region."""


def addresses(host: str) -> FrozenSet[str]:
    """The addresses of a host, and its name. All addresses of this machine count as one."""
    name = host.rstrip(".").lower()
    try:
        resolved = {str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        resolved = set()
    return frozenset({name, *map(_one_spelling, resolved)})


def _one_spelling(address: str) -> str:
    parsed = ipaddress.ip_address(address.split("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if parsed.is_loopback or parsed.is_unspecified or _is_own(str(parsed)):
        return THIS_MACHINE
    return str(parsed)


def _is_own(address: str) -> bool:
    """Whether an address belongs to this machine: only such an address can be bound."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def same_server_problem(
    source: ServerPlace, target: ServerPlace, resolve: Resolve = addresses
) -> Optional[str]:
    """Why the two endpoints cannot be used together; None if they can."""
    if source.endpoint.port != target.endpoint.port or source.region.lower() != target.region.lower():
        return None
    if not resolve(source.endpoint.host) & resolve(target.endpoint.host):
        return None
    return (
        f"polardb.endpoint leads to the source's own tables: {source.endpoint} and {target.endpoint} are one "
        f"server, and the regions are the same. Point it at PolarDB; or dynamodb.endpoint (or the "
        f"AWS_ENDPOINT_URL variables) at DynamoDB"
    )
