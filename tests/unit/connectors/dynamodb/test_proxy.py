from __future__ import annotations

import base64
from typing import Callable, Dict, Iterator, List, Optional

import pytest

from connectors.base.errors import ConfigError, TransientError
from connectors.base.secret import Secret
from connectors.dynamodb.client import Client
from connectors.dynamodb.connection import Timeouts
from connectors.dynamodb.credentials import StaticCredentials
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.proxy import proxy_for
from connectors.dynamodb.retry import Policy
from tests.fakes.httpserver import ScriptedServer, answer
from tests.fakes.proxyserver import ProxyServer

AWS = "dynamodb.eu-west-1.amazonaws.com"
THROUGH = {"HTTPS_PROXY": "http://proxy:3128"}


@pytest.mark.parametrize(
    ("environ", "host", "port"),
    [
        ({"HTTPS_PROXY": "http://proxy:3128"}, "proxy", 3128),
        ({"https_proxy": "http://proxy:3128"}, "proxy", 3128),
        ({"HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:2"}, "lower", 2),
        ({"HTTPS_PROXY": "proxy:3128"}, "proxy", 3128),
        ({"HTTPS_PROXY": "http://proxy"}, "proxy", 80),
        ({"HTTPS_PROXY": "http://proxy:3128/"}, "proxy", 3128),
        ({"HTTPS_PROXY": " http://[::1]:3128 "}, "::1", 3128),
    ],
)
def test_the_variable_names_the_proxy(environ: Dict[str, str], host: str, port: int) -> None:
    proxy = proxy_for(True, AWS, 443, environ)
    assert proxy is not None
    assert (proxy.host, proxy.port, proxy.authorization) == (host, port, None)


@pytest.mark.parametrize(
    ("secure", "environ"),
    [
        (True, {}),
        (True, {"HTTPS_PROXY": ""}),
        (True, {"HTTP_PROXY": "http://proxy:3128"}),
        (False, {"HTTPS_PROXY": "http://proxy:3128"}),
        (True, {"ALL_PROXY": "http://proxy:3128"}),
    ],
)
def test_another_schemes_proxy_is_not_used(secure: bool, environ: Dict[str, str]) -> None:
    assert proxy_for(secure, AWS, 443, environ) is None


@pytest.mark.parametrize(
    ("listed", "host", "direct"),
    [
        ("*", AWS, True),
        (AWS, AWS, True),
        ("DynamoDB.EU-west-1.amazonaws.com", AWS, True),
        ("amazonaws.com", AWS, True),
        (".amazonaws.com", AWS, True),
        ("other, .amazonaws.com", AWS, True),
        (f"{AWS}:443", AWS, True),
        (f"{AWS}:8443", AWS, False),
        ("azonaws.com", AWS, False),
        ("eu-west-1", AWS, False),
        ("", AWS, False),
        (",", AWS, False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("fd00::/8", "fd00::1", True),
        ("[fd00::1]", "fd00::1", True),
    ],
)
def test_no_proxy_says_what_is_reached_directly(listed: str, host: str, direct: bool) -> None:
    assert (proxy_for(True, host, 443, {**THROUGH, "NO_PROXY": listed}) is None) is direct
    assert (proxy_for(True, host, 443, {**THROUGH, "no_proxy": listed, "NO_PROXY": "zzz"}) is None) is direct


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.9", "::1", "localhost."])
def test_this_machine_itself_is_always_reached_directly(host: str) -> None:
    assert proxy_for(True, host, 8000, THROUGH) is None


@pytest.mark.parametrize(
    "value",
    [
        "socks5://proxy:1080",
        "https://proxy:3128",
        "http://:3128",
        "http://proxy:port",
        "http://[::1",
        "ftp://a",
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable_without_its_value(value: str) -> None:
    with pytest.raises(ConfigError, match="environment: HTTPS_PROXY: must") as raised:
        proxy_for(True, AWS, 443, {"HTTPS_PROXY": value.replace("://", "://user:hush@")})
    assert "hush" not in str(raised.value)


def test_the_proxys_user_and_password_are_decoded_and_never_shown() -> None:
    proxy = proxy_for(True, AWS, 443, {"HTTPS_PROXY": "http://us%40er:h%3Aush@proxy:3128"})
    assert proxy is not None
    assert proxy.header == b"Proxy-Authorization: Basic " + base64.b64encode(b"us@er:h:ush") + b"\r\n"
    assert "ush" not in repr(proxy) + str(proxy)
    assert str(proxy) == "http://proxy:3128 (of HTTPS_PROXY)"


Via = Callable[..., ProxyServer]


@pytest.fixture
def via(monkeypatch: pytest.MonkeyPatch) -> Iterator[Via]:
    started: List[ProxyServer] = []

    def start(user: str = "", status: Optional[str] = None) -> ProxyServer:
        proxy = ProxyServer(*([status] if status else []))
        started.append(proxy)
        for name in ("HTTPS_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://{user}127.0.0.1:{proxy.port}")
        return proxy

    yield start
    for proxy in started:
        proxy.close()


def client_of(url: str) -> Client:
    keys = StaticCredentials("account", Secret("generated"))
    return Client(url, "eu-west-1", keys, timeouts=Timeouts(2, 2), policy=Policy(0.2, 0.001, 0.01))


def test_a_plain_endpoint_is_asked_through_the_proxy_with_its_whole_address(via: Via) -> None:
    server, proxy = ScriptedServer([answer(b'"right"')]), via("user:hush@")
    port = server.url.rsplit(":", 1)[1]
    client = client_of(f"http://database:{port}")
    assert client.call("Scan", b"{}").body == b'"right"'
    first, *rest = proxy.heads[0].split("\r\n")
    assert first == f"POST http://database:{port}/ HTTP/1.1"
    assert f"Host: database:{port}" in rest
    assert f"Proxy-Authorization: Basic {base64.b64encode(b'user:hush').decode()}" in rest
    server.close()


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("407 Proxy Authentication Required", r"requires a user and a password"),
        ("403 Forbidden", r"refuses to connect to dynamodb.test:443 \(403\).*NO_PROXY"),
    ],
)
def test_a_proxy_that_refuses_is_named_with_what_to_do(via: Via, status: str, message: str) -> None:
    via("user:hush@", status)
    with pytest.raises(Exception, match=rf"http://127.0.0.1:[0-9]+ \(of HTTPS_PROXY\) {message}") as raised:
        client_of("https://dynamodb.test").call("Scan", b"{}")
    assert type(raised.value).__name__ == "PreflightError"
    assert "hush" not in str(raised.value)


def test_a_proxy_that_fails_is_tried_again(via: Via) -> None:
    proxy = via(status="503 Service Unavailable")
    with pytest.raises(TransientError, match=r"the proxy .*HTTPS_PROXY\) answers 503"):
        client_of("https://dynamodb.test").call("Scan", b"{}")
    assert len(proxy.heads) > 1


def test_a_proxy_that_is_not_there_is_named(via: Via) -> None:
    via().close()
    with pytest.raises(
        TransientError, match=r"cannot connect through the proxy http://127.0.0.1:[0-9]+ \(of"
    ):
        client_of("https://dynamodb.test").call("Scan", b"{}")


def test_a_plain_proxys_own_refusal_names_the_proxy(via: Via) -> None:
    server = ScriptedServer([answer(b"<html>", "407 Proxy Authentication Required")])
    via()
    with pytest.raises(ServiceError, match="HTTP_PROXY"):
        client_of(f"http://database:{server.url.rsplit(':', 1)[1]}").call("Scan", b"{}")
    server.close()
