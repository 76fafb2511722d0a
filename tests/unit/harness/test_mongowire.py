from __future__ import annotations

import pytest

from tests.harness.mongowire import MongoWire


@pytest.mark.parametrize(
    ("upstream", "wanted"),
    [
        ("mongodb://127.0.0.1:1/", "mongodb://127.0.0.1:PORT/?directConnection=true"),
        (
            "mongodb://u:p%40ss@h:1,i:2/app?replicaSet=rs0&appName=x",
            "mongodb://u:p%40ss@127.0.0.1:PORT/?appName=x&authSource=app&directConnection=true",
        ),
        (
            "mongodb://u:p@h/?authSource=admin&directConnection=true",
            "mongodb://u:p@127.0.0.1:PORT/?authSource=admin&directConnection=true",
        ),
    ],
)
def test_a_mongodb_proxy_keeps_user_and_options_of_its_server(upstream: str, wanted: str) -> None:
    wire = MongoWire(upstream)
    try:
        port = wire.address.rsplit("127.0.0.1:", 1)[1].split("/")[0]
        assert wire.address == wanted.replace("PORT", port)
    finally:
        wire.stop()


def test_a_connection_with_tls_has_no_proxy() -> None:
    with pytest.raises(ValueError, match="TLS"):
        MongoWire("mongodb://h/?tls=true")
