"""Whether two endpoints are one: a target that is the source must not be touched, and a check of a side
against itself says nothing. Tables have ids for that, but not every server gives any."""

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
    """Local servers keep one set of tables for each."""


def addresses(host: str) -> FrozenSet[str]:
    """Of a host; all of this machine's own count as one. The name itself where it cannot be resolved."""
    name = host.rstrip(".").lower()
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        found = set()
    return frozenset({name, *map(_one_spelling, found)})


def _one_spelling(address: str) -> str:
    parsed = ipaddress.ip_address(address.split("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if parsed.is_loopback or parsed.is_unspecified or _is_own(str(parsed)):
        return THIS_MACHINE
    return str(parsed)


def _is_own(address: str) -> bool:
    """Only an address of this machine can be bound."""
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
    """Why the two may not be used together."""
    if source.endpoint.port != target.endpoint.port or source.region.lower() != target.region.lower():
        return None
    if not resolve(source.endpoint.host) & resolve(target.endpoint.host):
        return None
    return (
        f"polardb.endpoint leads to the source's own tables: {source.endpoint} and {target.endpoint} are one "
        f"server, and the regions are the same. Point it at PolarDB; or dynamodb.endpoint (or the "
        f"AWS_ENDPOINT_URL variables) at DynamoDB"
    )
