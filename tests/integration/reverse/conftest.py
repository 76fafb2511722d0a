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
from tests.integration.reverse.pair import DatabasePair


@pytest.fixture
def dynamodb(source: Source) -> Iterator[Client]:
    client = Client(source.address, Credentials(ACCESS_KEY, SECRET_KEY))
    yield client
    client.close()


@pytest.fixture
def pair(postgres: Postgres, dynamodb: Client) -> Iterator[DatabasePair]:
    made = DatabasePair(postgres, dynamodb, f"t{uuid.uuid4().hex[:8]}")
    yield made
    made.drop()


@pytest.fixture
def own_pair(home: Home, dynamodb: Client) -> Iterator[Callable[..., DatabasePair]]:
    """Call it with settings of postgresql.conf: a PostgreSQL that this test may kill."""
    with contextlib.ExitStack() as stack:

        def make(**settings: str) -> DatabasePair:
            name = f"own{uuid.uuid4().hex[:6]}"
            server = stack.enter_context(Postgres(home, settings={"fsync": "off", **settings}, name=name))
            return DatabasePair(server, dynamodb, name)

        yield make


@pytest.fixture
def settings(source: Source, tmp_path: Path) -> Callable[..., Settings]:
    """Call it with a DatabasePair and keys of application.yaml: dots are `__`."""

    def make(pair: DatabasePair, **sets: Any) -> Settings:
        wanted: Dict[str, Any] = {
            "polardb.hostname": pair.postgres.host,
            "polardb.port": pair.postgres.port,
            "polardb.database": pair.database,
            "polardb.slotName": pair.slot,
            "polardb.publication": pair.publication,
            "deadLetter.path": tmp_path / "dead",
            "readers": 2,
        }
        environ = {
            "POLARSHAKE_POLARDB_USERNAME": pair.postgres.user,
            "POLARSHAKE_POLARDB_PASSWORD": pair.postgres.password.reveal(),
        }
        return settings_for(source, wanted, environ, **sets)

    return make


MakeJob = Callable[..., ReversePipeline]


@pytest.fixture
def job(settings: Callable[..., Settings]) -> Iterator[MakeJob]:
    """Call it with a DatabasePair, and keys of application.yaml."""
    running: List[ReversePipeline] = []

    def make(pair: DatabasePair, **sets: Any) -> ReversePipeline:
        running.append(ReversePipeline(settings(pair, **sets)))
        return running[-1]

    yield make
    for pipeline in running:
        pipeline.close()
