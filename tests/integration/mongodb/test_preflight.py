"""Problems that are reported before any write, with a real server."""

from __future__ import annotations

import re
import uuid
from typing import Any, Callable, Dict, Iterator, List, Tuple

import pymongo
import pytest
from botocore.credentials import Credentials
from pymongo.errors import OperationFailure

from connectors.base.errors import ConfigError, PreflightError
from connectors.config.settings import Settings
from connectors.forward import validate as before_forward
from connectors.forward.validate import validate
from connectors.targets.mongodb.index_plan import kind_problem
from local.stack.home import Home, free_port
from local.stack.mongodb import MongoDB, real
from local.stack.source import ACCESS_KEY, SECRET_KEY, Source
from local.traffic import Client
from tests.harness.settings import settings_for

PASSWORD = "p%40ss-w0rd"
Examine = Callable[..., None]


@pytest.fixture
def table(source: Source) -> str:
    name = f"t{uuid.uuid4().hex[:8]}"
    make(source, name, "pk")
    return name


def make(source: Source, name: str, key: str) -> None:
    client = Client(source.address, Credentials(ACCESS_KEY, SECRET_KEY))
    client.ask(
        "CreateTable",
        {
            "TableName": name,
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    client.close()


@pytest.fixture
def examine(source: Source) -> Examine:
    def run(uri: str, table: str, **sets: str) -> None:
        validate(settings(source, uri, table, **sets), resumed=False)

    return run


def settings(source: Source, uri: str, table: str, **sets: str) -> Settings:
    given: Dict[str, Any] = {
        "target": "mongodb",
        "mode": "full",
        "mongodb.database": table,
        "filter.whiteTableSet": table,
    }
    return settings_for(source, given, {"POLARSHAKE_MONGODB_URI": uri}, **sets)


def lines(examine: Examine, *arguments: str, **sets: str) -> List[str]:
    with pytest.raises(PreflightError) as raised:
        examine(*arguments, **sets)
    assert PASSWORD not in str(raised.value)
    return str(raised.value).split("\n- ")[1:]


def test_a_server_that_meets_the_jobs_requirements_passes_and_nothing_is_written(
    examine: Examine, mongodb: str, table: str
) -> None:
    examine(mongodb, table)
    with pymongo.MongoClient[Any](mongodb) as client:
        assert table not in client.list_database_names()


def test_a_server_that_cannot_be_reached_is_one_line(
    examine: Examine, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(before_forward, "ANSWER_SECONDS", 2.0)
    (line,) = lines(examine, f"mongodb://me:{PASSWORD}@127.0.0.1:{free_port()}/", table)
    assert line.startswith("mongodb.uri cannot be reached")


def test_an_invalid_connection_string_is_not_repeated(examine: Examine, table: str) -> None:
    with pytest.raises(ConfigError, match=r"mongodb\.uri") as raised:
        examine(f"mongodb://me:{PASSWORD}@host:{PASSWORD}/", table)
    assert PASSWORD not in str(raised.value)


def test_a_standalone_server_has_no_retryable_writes(examine: Examine, home: Home, table: str) -> None:
    with MongoDB(home, f"standalone-{table}", "--standalone") as server:
        (line,) = lines(examine, server.address, table)
        assert "standalone" in line
        examine(f"{server.address}?retryWrites=false", table)


def test_sharding_needs_a_mongos(examine: Examine, mongodb: str, table: str) -> None:
    (line,) = lines(examine, mongodb, table, mongodb__shard="true")
    assert "mongos" in line


def test_a_table_that_no_collection_can_hold_is_named(examine: Examine, source: Source, mongodb: str) -> None:
    names = f"t{uuid.uuid4().hex[:8]}"
    make(source, f"{names}.odd", "a.b")
    make(source, f"{names}.good", "pk")
    (line,) = lines(examine, mongodb, f"{names}*", mongodb__database="app")
    assert line.startswith(f"table {names}.odd: its key attribute a.b")
    examine(mongodb, f"{names}*", mongodb__database="app", mongodb__documentId="key")


def test_a_collection_of_another_form_is_named(examine: Examine, mongodb: str, table: str) -> None:
    with pymongo.MongoClient[Any](mongodb) as client:
        client[table][table].insert_one({"pk": {"S": "x"}})
        (line,) = lines(examine, mongodb, table)
        assert "not of the configured form" in line
        (line,) = lines(examine, mongodb, table, tables__existing="fail")
        assert "tables.existing is fail" in line
        for existing in ("rename", "recreate"):
            examine(mongodb, table, tables__existing=existing)
        examine(mongodb, table, mongodb__convert="raw")
        client.drop_database(table)


UNFIT: Dict[str, Tuple[Callable[[Any, str], object], str]] = {
    "capped": (lambda db, name: db.create_collection(name, capped=True, size=4096), "is capped"),
    "a view": (lambda db, name: db.create_collection(name, viewOn="other", pipeline=[]), "is a view"),
    "a collation": (
        lambda db, name: db.create_collection(name, collation={"locale": "en", "strength": 2}),
        "has a collation",
    ),
    "sparse": (lambda db, name: db[name].create_index("pk", unique=True, sparse=True), r"\(sparse\)"),
    "partial": (
        lambda db, name: db[name].create_index(
            "pk", unique=True, partialFilterExpression={"status": {"$exists": True}}
        ),
        r"\(partial\)",
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_collection_that_cannot_hold_the_table_is_named(
    examine: Examine, mongodb: str, table: str, case: str
) -> None:
    make_it, message = UNFIT[case]
    with pymongo.MongoClient[Any](mongodb) as client:
        try:
            make_it(client[table], table)
        except OperationFailure as error:
            pytest.skip(f"this server has none: {error}")
        if message.startswith("is") and not kind_problem(next(client[table].list_collections())):
            pytest.skip("this server does not say so")
        (line,) = lines(examine, mongodb, table)
        assert re.search(message, line), line
        client.drop_database(table)


@pytest.fixture(scope="module")
def guarded(home: Home, request: pytest.FixtureRequest) -> Iterator[Tuple[MongoDB, str]]:
    """A server that checks users, and the connection string of one who may only read. Each module that has
    this fixture gets a server with data of its own."""
    if real():
        pytest.skip("makes users at a server of its own")
    data, name = "guarded-" + request.module.__name__, "reader"
    open_ = MongoDB(home, data)
    with open_, pymongo.MongoClient[Any](open_.address) as client:
        client.admin.command("createUser", name, pwd="p@ss-w0rd", roles=[{"role": "read", "db": "app"}])
    with MongoDB(home, data, "--auth") as server:
        yield server, f"mongodb://{name}:{PASSWORD}@127.0.0.1:{server.port}/?authSource=admin"


def test_wrong_credentials_are_one_line(examine: Examine, guarded: Tuple[MongoDB, str], table: str) -> None:
    (line,) = lines(examine, guarded[1].replace("reader", "nobody"), table, mongodb__database="app")
    assert line.startswith("MongoDB refuses the credentials")


def test_a_user_without_write_rights_is_reported_before_any_write(
    examine: Examine, guarded: Tuple[MongoDB, str], table: str
) -> None:
    (line,) = lines(examine, guarded[1], table, mongodb__database="app")
    assert "readWrite" in line
