"""The reverse job without Flink, from a real PostgreSQL to the local stack's DynamoDB."""

from __future__ import annotations

import contextlib
import uuid
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest
from botocore.credentials import Credentials

from connectors.config.settings import Settings
from local.stack.home import Home
from local.stack.postgres import Postgres
from local.stack.source import ACCESS_KEY, SECRET_KEY, Source
from local.traffic import Client
from tests.harness.reverse import ReversePipeline
from tests.harness.settings import settings_for
from tests.integration.reverse.way import Way


@pytest.fixture
def dynamodb(source: Source) -> Iterator[Client]:
    client = Client(source.address, Credentials(ACCESS_KEY, SECRET_KEY))
    yield client
    client.close()


@pytest.fixture
def way(postgres: Postgres, dynamodb: Client) -> Iterator[Way]:
    made = Way(postgres, dynamodb, f"t{uuid.uuid4().hex[:8]}")
    yield made
    made.drop()


@pytest.fixture
def own_way(home: Home, dynamodb: Client) -> Iterator[Callable[..., Way]]:
    """Call it with settings of postgresql.conf: a PostgreSQL that this test may kill."""
    with contextlib.ExitStack() as stack:

        def make(**settings: str) -> Way:
            name = f"own{uuid.uuid4().hex[:6]}"
            server = stack.enter_context(Postgres(home, settings={"fsync": "off", **settings}, name=name))
            return Way(server, dynamodb, name)

        yield make


@pytest.fixture
def settings(source: Source, tmp_path: Path) -> Callable[..., Settings]:
    """Call it with a Way and keys of application.yaml: dots are `__`."""

    def make(way: Way, **sets: Any) -> Settings:
        wanted: Dict[str, Any] = {
            "polardb.hostname": way.postgres.host,
            "polardb.port": way.postgres.port,
            "polardb.database": way.database,
            "polardb.slotName": way.slot,
            "polardb.publication": way.publication,
            "deadLetter.path": tmp_path / "dead",
            "readers": 2,
        }
        environ = {
            "POLARSHAKE_POLARDB_USERNAME": way.postgres.user,
            "POLARSHAKE_POLARDB_PASSWORD": way.postgres.password.reveal(),
        }
        return settings_for(source, wanted, environ, **sets)

    return make


MakeJob = Callable[..., ReversePipeline]


@pytest.fixture
def job(settings: Callable[..., Settings]) -> Iterator[MakeJob]:
    """Call it with a Way, and keys of application.yaml."""
    running: List[ReversePipeline] = []

    def make(way: Way, **sets: Any) -> ReversePipeline:
        running.append(ReversePipeline(settings(way, **sets)))
        return running[-1]

    yield make
    for pipeline in running:
        pipeline.close()
