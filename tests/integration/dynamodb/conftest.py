"""A DynamoDB server and a fault proxy for it, on free ports: one pair per test process."""

from __future__ import annotations

import json
import uuid
from typing import Any, Iterator

import pytest

from connectors.base.secret import Secret
from connectors.dynamodb.client import Client
from connectors.dynamodb.connection import Timeouts
from connectors.dynamodb.credentials import StaticCredentials
from connectors.dynamodb.retry import Policy
from local.stack.fault_proxy import FaultProxy
from local.stack.home import Home
from local.stack.source import Source, servers_folder

KEYS = StaticCredentials("test", Secret("test"))


@pytest.fixture(scope="session")
def dynamodb_url(source: Source) -> str:
    return source.address


class Disturbance:
    """The fault proxy. `url`: its address; `rules`: sets the faults."""

    def __init__(self, proxy: FaultProxy) -> None:
        self.url, self._proxy = proxy.address, proxy

    def rules(self, *rules: Any) -> None:
        """Replace all rules. Without arguments, remove them."""
        self._proxy.set_rules([{"service": "dynamodb", **rule} for rule in rules])


@pytest.fixture(scope="session")
def proxy(home: Home, dynamodb_url: str) -> Iterator[Disturbance]:
    if not (servers_folder() / "microburst").exists():
        pytest.skip("microburst needs Python 3.10")
    with FaultProxy(home, dynamodb_url, "dynamodb-proxy") as server:
        yield Disturbance(server)


@pytest.fixture
def disturb(proxy: Disturbance) -> Iterator[Disturbance]:
    proxy.rules()
    yield proxy
    proxy.rules()


@pytest.fixture
def direct(dynamodb_url: str) -> Iterator[Client]:
    client = Client(dynamodb_url, "cn-north-1", KEYS)
    yield client
    client.close()


@pytest.fixture
def disturbed(disturb: Disturbance) -> Iterator[Client]:
    policy = Policy(deadline=15, base=0.01, cap=0.2)
    client = Client(disturb.url, "cn-north-1", KEYS, timeouts=Timeouts(2, 2), policy=policy)
    yield client
    client.close()


@pytest.fixture
def table(direct: Client) -> str:
    name = f"T-{uuid.uuid4().hex}"
    body = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    direct.call("CreateTable", json.dumps(body).encode())
    return name
