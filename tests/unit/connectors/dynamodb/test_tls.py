from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Iterator, Optional, Tuple

import pytest

from connectors.base.errors import ConfigError, PreflightError
from connectors.base.secret import Secret
from connectors.dynamodb.client import Client
from connectors.dynamodb.connection import Timeouts
from connectors.dynamodb.credentials import StaticCredentials
from connectors.dynamodb.retry import Policy
from connectors.model.writes import Write
from tests.fakes.deadletters import FakeDeadLetters
from tests.fakes.httpserver import CLOSE, ScriptedServer, answer
from tests.fakes.proxyserver import ProxyServer
from tests.fakes.writer import writer_over

Serving = Tuple[ScriptedServer, Path]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    )
    names = [
        "-addext",
        "subjectAltName=IP:127.0.0.1,DNS:dynamodb.test",
        "-keyout",
        f"{file}.key",
        "-out",
        f"{file}.crt",
    ]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    file.write_text(Path(f"{file}.key").read_text() + Path(f"{file}.crt").read_text())
    return file


@pytest.fixture(autouse=True)
def _no_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def serving(certificate: Path) -> Iterator[Serving]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ScriptedServer([answer(b'{"x":"' + b"y" * 500_000 + b'"}'), CLOSE], tls=context)
    yield server, certificate
    server.close()


def client_of(url: str) -> Client:
    keys = StaticCredentials("account", Secret("generated"))
    return Client(url, "cn-north-1", keys, timeouts=Timeouts(2, 2), policy=Policy(2, 0.001, 0.01))


def test_a_trusted_endpoint_is_spoken_to_over_tls(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    server, certificate = serving
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    client = client_of(server.url)
    assert len(client.call("Scan", b"{}" + b" " * 1_000_000).body) == 500_008
    writes = [Write("T", b'{"id":{"N":"%d"}}' % number, False, "") for number in range(1000)]
    assert writer_over(client, FakeDeadLetters()).write(writes).written == 1000
    assert server.connections <= 17


def test_a_proxy_is_asked_for_a_tunnel_and_the_endpoints_certificate_is_verified_through_it(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, certificate = serving
    proxy = ProxyServer()
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:hush@127.0.0.1:{proxy.port}")
    client = client_of(server.url.replace("127.0.0.1", "dynamodb.test"))
    assert len(client.call("Scan", b"{}").body) == 500_008
    head = proxy.heads[0].split("\r\n")
    port = server.url.rsplit(":", 1)[1]
    assert head[:2] == [f"CONNECT dynamodb.test:{port} HTTP/1.1", f"Host: dynamodb.test:{port}"]
    assert head[2].startswith("Proxy-Authorization: Basic ")
    assert b"Proxy-Authorization" not in server.requests[0]
    with pytest.raises(PreflightError, match="certificate is not trusted"):
        client_of(server.url.replace("127.0.0.1", "other.test")).call("Scan", b"{}")
    proxy.close()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"/bundle.pem cannot be read: No such file or directory"),
        ("junk", r"/bundle.pem contains no certificate"),
        ("", r"/bundle.pem contains no certificate"),
        (
            "-----BEGIN CERTIFICATE-----\njunk\n-----END CERTIFICATE-----\n",
            r"/bundle.pem contains no certificate",
        ),
    ],
)
@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_a_bundle_that_is_missing_or_junk_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, content: Optional[str], message: str
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    monkeypatch.setenv(variable, str(bundle))
    with pytest.raises(ConfigError, match=rf"{variable}: .*{message}"):
        client_of("https://dynamodb.test")


def test_a_bundle_of_the_profile_is_used_where_no_variable_names_one(serving: Serving) -> None:
    server, certificate = serving
    keys = StaticCredentials("account", Secret("generated"))
    client = Client(server.url, "cn-north-1", keys, ca_bundle=str(certificate))
    assert len(client.call("Scan", b"{}").body) == 500_008


def test_a_certificate_nobody_vouches_for_is_refused_and_not_retried(serving: Serving) -> None:
    server, _ = serving
    with pytest.raises(PreflightError, match="AWS_CA_BUNDLE"):
        client_of(server.url).call("Scan", b"{}")
    assert server.connections == 1


def test_an_endpoint_that_speaks_plain_http_has_another_error_than_one_that_is_down() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    threading.Thread(target=refuse, daemon=True).start()
    with pytest.raises(PreflightError, match="write http:// instead"):
        client_of(f"https://127.0.0.1:{listener.getsockname()[1]}").call("Scan", b"{}")
    listener.close()
