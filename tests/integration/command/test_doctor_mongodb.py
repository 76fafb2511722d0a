"""Every red line of the doctor for MongoDB as the target. The other lines are as with PolarDB."""

from __future__ import annotations

from typing import Any

import pymongo
import pytest

from local.stack.home import free_port
from tests.integration.command.conftest import ask
from tests.integration.mongodb.test_preflight import PASSWORD
from tests.integration.mongodb.test_preflight import guarded as guarded  # a server that checks users


@pytest.fixture
def look(sets, environ, sides):
    def ask_about(uri: str, *arguments: str, **more: Any):
        wanted = {**sets, "target": "mongodb", "mode": "full", "mongodb.database": sides.prefix, **more}
        return ask(list(arguments), wanted, {**environ, "POLARSHAKE_MONGODB_URI": uri})

    return ask_about


@pytest.fixture
def table(sides):
    return sides.make("", "pk:S")


def test_a_server_that_meets_the_jobs_requirements(look, mongodb, table):
    report = look(mongodb)
    assert report.exit_code == 0, report.output
    assert any("find, insert, update, remove, createCollection, createIndex" in text for text in report.green)


def test_a_server_that_cannot_be_reached(look, table):
    (red,) = look(f"mongodb://me:pass-word@127.0.0.1:{free_port()}/", "--patience=1").red
    assert red.startswith("mongodb.uri cannot be reached. Check it")
    assert "pass-word" not in red


def test_a_collection_of_another_form(look, mongodb, table):
    with pymongo.MongoClient(mongodb) as client:
        client[table][table].insert_one({"pk": {"S": "x"}})
        try:
            (red,) = look(mongodb).red
            assert "not of the configured form" in red
            assert "Set tables.existing" in red
        finally:
            client.drop_database(table)


def test_sharding_without_a_mongos(look, mongodb, table):
    (red,) = look(mongodb, **{"mongodb.shard": "true"}).red
    assert "does not lead to a mongos. Set it to false" in red


def test_wrong_credentials_and_a_user_who_may_not_write(look, request, table):
    uri = request.getfixturevalue("guarded")[1]
    (red,) = look(uri.replace("reader", "nobody"), **{"mongodb.database": "app"}).red
    assert red.startswith("MongoDB refuses the credentials")
    (red,) = look(uri, **{"mongodb.database": "app"}).red
    assert red.startswith("the user of mongodb.uri may not createCollection, createIndex")
    assert "insert, remove, update in database app" in red
    assert "Give it the role readWrite" in red
    assert PASSWORD not in red
