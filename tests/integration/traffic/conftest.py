"""Two servers without a job between them, and the generator's clients of both."""

from __future__ import annotations

from typing import Iterator, List

import pytest

from local.stack.home import Home
from local.stack.source import source as started
from local.traffic import Client

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.fixture(scope="session")
def servers(home: Home) -> Iterator[List[str]]:
    """URLs of the source and of the target."""
    with started(home, "traffic-source") as one, started(home, "traffic-target") as other:
        yield [one.address, other.address]


@pytest.fixture
def source(servers: List[str]) -> Client:
    return Client.from_environment(servers[0], CREDENTIALS)


@pytest.fixture
def target(servers: List[str]) -> Client:
    return Client.from_environment(servers[1], CREDENTIALS)
