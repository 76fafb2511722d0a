"""The forward job without Flink, between the local stack's source and the PolarDB stand-in."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple, Union

import pytest
from botocore.credentials import Credentials
from pymongo import MongoClient

from connectors.config.settings import Settings
from connectors.forward.components import ForwardParts
from local.stack.fault_proxy import FaultProxy
from local.stack.home import Home
from local.stack.source import ACCESS_KEY, SECRET_KEY, Source, servers_folder
from local.stack.standin import StandIn
from local.traffic import Client
from local.verify import Documents
from local.verify.side import Target
from tests.harness.mongowire import MongoWire, wire_to
from tests.harness.pipeline import Pipeline
from tests.harness.settings import settings_for
from tests.integration.forward.tables import Sides


class TargetServer(NamedTuple):
    """One of the servers that the job can write to."""

    sets: Dict[str, Any]
    """The job's settings for it."""
    environ: Dict[str, str]
    reader: Callable[[], Target]


@pytest.fixture
def target(request: pytest.FixtureRequest) -> TargetServer:
    """The PolarDB stand-in, unless a test asks: `parametrize("target", TARGETS, indirect=True)`."""
    return SERVERS[getattr(request, "param", "polardb")](request)


def _polardb(request: pytest.FixtureRequest) -> TargetServer:
    standin: StandIn = request.getfixturevalue("standin")
    keys = Credentials(standin.access_key, standin.secret_key.reveal())
    return TargetServer(
        {"polardb.endpoint": standin.address},
        {"POLARSHAKE_POLARDB_AK": keys.access_key, "POLARSHAKE_POLARDB_SK": keys.secret_key},
        lambda: Client(standin.address, keys),
    )


def _mongodb(
    convert: str, document_id: str, wire: bool = False
) -> Callable[[pytest.FixtureRequest], TargetServer]:
    def serve(request: pytest.FixtureRequest) -> TargetServer:
        uri: str = request.getfixturevalue("mongodb")
        given = request.getfixturevalue("mongowire").address if wire else uri
        database = f"polarshake_{uuid.uuid4().hex[:8]}"
        request.addfinalizer(lambda: _drop(uri, database))
        sets = {
            "target": "mongodb",
            "mongodb.database": database,
            "mongodb.convert": convert,
            "mongodb.documentId": document_id,
        }
        return TargetServer(
            sets, {"POLARSHAKE_MONGODB_URI": given}, lambda: Documents(uri, database, convert, document_id)
        )

    return serve


def _drop(uri: str, database: str) -> None:
    with MongoClient[Any](uri) as client:
        client.drop_database(database)


SERVERS: Dict[str, Callable[[pytest.FixtureRequest], TargetServer]] = {
    "polardb": _polardb,
    "mongodb": _mongodb("raw", "objectId"),
    "mongodb, raw, key": _mongodb("raw", "key"),
    "mongodb, change": _mongodb("change", "objectId"),
    "mongodb, change, key": _mongodb("change", "key"),
    "wire to mongodb": _mongodb("change", "objectId", wire=True),
}
TARGETS = ("polardb", "mongodb")
"""With raw, which can be read back as it was."""


@pytest.fixture
def mongowire(mongodb: str) -> Iterator[MongoWire]:
    """A proxy before MongoDB, for the target "wire to mongodb"."""
    with wire_to(mongodb) as wire:
        yield wire


@pytest.fixture
def sides(source: Source, target: TargetServer) -> Iterator[Sides]:
    """Clients of both servers, past every proxy, and a prefix that keeps this test's tables apart."""
    made = Sides(
        Client(source.address, Credentials(ACCESS_KEY, SECRET_KEY)),
        target.reader(),
        f"t{uuid.uuid4().hex[:8]}",
    )
    yield made
    made.source.close()
    made.target.close()


@pytest.fixture
def settings(source: Source, target: TargetServer, sides: Sides, tmp_path: Path) -> Callable[..., Settings]:
    """Call it with keys of application.yaml: dots are `__`."""

    def make(**sets: Any) -> Settings:
        wanted: Dict[str, Any] = {
            **target.sets,
            "filter.whiteTableSet": f"{sides.prefix}*",
            "streams.graceSeconds": 0,
            "streams.discoverySeconds": 1,
            "streams.pollMilliseconds": 50,
            "deadLetter.path": tmp_path / "dead",
            "readers": 2,
        }
        return settings_for(source, wanted, target.environ, **sets)

    return make


MakeJob = Callable[..., Pipeline]


@pytest.fixture
def job(settings: Callable[..., Settings]) -> Iterator[MakeJob]:
    """Call it with keys of application.yaml, and `components` or `seed` of the pipeline."""
    running: List[Pipeline] = []

    def make(components: Any = ForwardParts, seed: int = 0, **sets: Any) -> Pipeline:
        running.append(Pipeline(settings(**sets), components, seed))
        return running[-1]

    yield make
    for pipeline in running:
        pipeline.close()


class Proxies(NamedTuple):
    """Before both servers; without rules they let everything through."""

    source: FaultProxy
    target: Union[FaultProxy, MongoWire]

    def sets(self) -> Dict[str, str]:
        """Settings that lead the job through them. A MongoWire is in its target's settings already."""
        found = {"dynamodb__endpoint": self.source.address}
        if isinstance(self.target, FaultProxy):
            found["polardb__endpoint"] = self.target.address
        return found


@pytest.fixture(scope="session")
def _proxies(home: Home, source: Source, standin: StandIn) -> Iterator[Tuple[FaultProxy, FaultProxy]]:
    if not (servers_folder() / "microburst").exists():
        pytest.skip("microburst needs Python 3.10")
    keys = (standin.access_key, standin.secret_key)
    first = FaultProxy(home, source.address, "source-proxy")
    second = FaultProxy(home, standin.address, "target-proxy", keys=keys)
    with first, second:
        yield first, second


@pytest.fixture
def proxies(
    _proxies: Tuple[FaultProxy, FaultProxy], target: TargetServer, request: pytest.FixtureRequest
) -> Iterator[Proxies]:
    for proxy in _proxies:
        proxy.forget()
    first, second = _proxies
    mongodb = target.sets.get("target") == "mongodb"
    yield Proxies(first, request.getfixturevalue("mongowire") if mongodb else second)
    for proxy in _proxies:
        proxy.forget()
