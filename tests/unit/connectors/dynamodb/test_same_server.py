from __future__ import annotations

import socket
from typing import FrozenSet

import pytest

from connectors.dynamodb.connection import endpoint_of
from connectors.dynamodb.same_server import ServerPlace, addresses, same_server_problem

NAMES = {"source.test": {"10.0.0.1"}, "alias.test": {"10.0.0.1", "10.0.0.2"}, "target.test": {"10.0.0.3"}}


def resolve(host: str) -> FrozenSet[str]:
    """Resolve the names above and this machine's own names, without the network."""
    return frozenset({host, *NAMES[host]}) if host in NAMES else addresses(host)


def place(url: str, region: str = "eu-west-1") -> ServerPlace:
    return ServerPlace(endpoint_of(url), region)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("http://localhost:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000", "http://[::1]:8000"),
        ("http://127.0.0.1:8000", "http://[::1]:8000"),
        ("http://127.0.0.1:8000", "http://127.0.0.2:8000"),
        ("http://127.0.0.1:8000", "http://0.0.0.0:8000"),
        ("http://127.0.0.1:8000", "http://[::ffff:127.0.0.1]:8000"),
        ("http://10.0.0.1:8000", "http://[::ffff:10.0.0.1]:8000"),
        ("http://LOCALHOST:8000", "http://localhost.:8000"),
        ("http://127.1:8000", "http://127.0.0.1:8000"),
        ("http://source.test:8000", "http://alias.test:8000"),
        ("http://source.test:443", "https://source.test"),
        ("http://unknown.invalid:8000", "http://UNKNOWN.invalid:8000/"),
        ("https://dynamodb.eu-west-1.amazonaws.com", "https://dynamodb.eu-west-1.amazonaws.com:443"),
    ],
)
def test_one_server_under_two_names_is_one_server(source: str, target: str) -> None:
    problem = same_server_problem(place(source), place(target, "EU-west-1"), resolve)
    assert problem is not None
    assert "polardb.endpoint" in problem


@pytest.mark.parametrize(
    ("source", "target", "region"),
    [
        ("http://localhost:8000", "http://127.0.0.1:8001", "eu-west-1"),
        ("http://localhost:8000", "http://127.0.0.1:8000", "eu-west-2"),
        ("http://source.test:8000", "http://target.test:8000", "eu-west-1"),
        ("http://source.test:8000", "http://localhost:8000", "eu-west-1"),
        ("http://unknown.invalid:8000", "http://unheard.invalid:8000", "eu-west-1"),
        ("https://dynamodb.eu-west-1.amazonaws.com", "http://target.test:5432", "eu-west-1"),
    ],
)
def test_two_servers_are_two(source: str, target: str, region: str) -> None:
    assert same_server_problem(place(source), place(target, region), resolve) is None


def test_the_name_of_this_machine_is_this_machine() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it only chooses the address
        except OSError:
            pytest.skip("this machine has no network")
        own = probe.getsockname()[0]
    assert same_server_problem(place(f"http://{own}:8000"), place("http://localhost:8000"))
