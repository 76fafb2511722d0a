"""Which requests the console answers."""

import pytest

from connectors.command.console.address import is_own, is_own_origin


@pytest.mark.parametrize("host", ["127.0.0.1:8090", "localhost:8090", "localhost", "[::1]:9", "LOCALHOST:1"])
def test_names_of_the_loopback_address_are_answered_at_any_port(host):
    assert is_own(host)


@pytest.mark.parametrize(
    "host",
    [
        *(None, "", "evil.example", "evil.example:8090", "127.0.0.1.evil.example", "10.0.0.7:8090"),
        *("localhost.evil.example", "127.0.0.1@evil.example", "evil@127.0.0.1", "127.0.0.1:x", "0.0.0.0"),
    ],
)
def test_any_other_host_is_refused(host):
    assert not is_own(host)


def test_a_page_of_another_origin_is_refused():
    assert is_own_origin(None)
    assert is_own_origin("http://localhost:8090")
    assert not is_own_origin("https://evil.example")
    assert not is_own_origin("null")
