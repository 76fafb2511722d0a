"""Two MiniStack servers: one as the source, one as the target."""

from __future__ import annotations

import uuid
from typing import Callable, Iterator

import pytest

from connectors.base.secret import Secret
from connectors.dynamodb.client import Client
from connectors.dynamodb.credentials import StaticCredentials
from connectors.dynamodb.faults import SOURCE, STREAMS, TARGET, SettingNames
from connectors.dynamodb.retry import Policy
from local.stack.home import Home, free_port
from local.stack.source import source as started


def client(port: int, names: SettingNames, service: str = "dynamodb", deadline: float = 20.0) -> Client:
    address, keys = f"http://127.0.0.1:{port}", StaticCredentials("local", Secret("local"))
    return Client(address, "us-east-1", keys, service, policy=Policy(deadline), names=names)


@pytest.fixture(scope="session")
def source_port(home: Home) -> Iterator[int]:
    with started(home, "tables-source") as server:
        yield server.port


@pytest.fixture(scope="session")
def target_port(home: Home) -> Iterator[int]:
    with started(home, "tables-target") as server:
        yield server.port


@pytest.fixture
def source(source_port: int) -> Iterator[Client]:
    yield from _closing(client(source_port, SOURCE))


@pytest.fixture
def streams(source_port: int) -> Iterator[Client]:
    yield from _closing(client(source_port, STREAMS, "streams.dynamodb"))


@pytest.fixture
def target(target_port: int) -> Iterator[Client]:
    yield from _closing(client(target_port, TARGET))


@pytest.fixture
def nowhere() -> Iterator[Client]:
    yield from _closing(client(free_port(), TARGET, deadline=0.5))


def _closing(made: Client) -> Iterator[Client]:
    yield made
    made.close()


@pytest.fixture
def new_name() -> Callable[[], str]:
    """The servers are shared between tests: no two use the same tables."""
    prefix = uuid.uuid4().hex[:8]
    numbers = iter(range(1000))
    return lambda: f"{prefix}-{next(numbers)}"
