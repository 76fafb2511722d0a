"""The board in a collection, and requests of several threads, at a server."""

from __future__ import annotations

import os
import time
import uuid
from typing import Any, Iterator

import pymongo
import pytest
from pymongo.database import Database

from connectors.base.errors import TransientError
from connectors.base.timing import Timing
from connectors.dynamodb.retry import Policy
from connectors.model.keys import KeySchema, key_schema
from connectors.model.pipeline import WriteRequest
from connectors.targets.mongodb.board import COLLECTION, CollectionBoard
from connectors.targets.mongodb.bulk import MongoBulk
from connectors.targets.mongodb.convert import Shape
from connectors.targets.mongodb.definitions import collections_of
from connectors.targets.mongodb.pipeline import BeforeAttempt, BulkPipeline
from connectors.targets.mongodb.schemas import Schemas
from connectors.targets.mongodb.writer import MongoWriter
from local.stack.home import free_port
from tests.fakes.deadletters import FakeDeadLetters


@pytest.fixture
def database(mongodb: str) -> Iterator[Database[Any]]:
    client: pymongo.MongoClient[Any] = pymongo.MongoClient(mongodb)
    name = f"polarshake_{uuid.uuid4().hex[:8]}"
    yield client[name]
    client.drop_database(name)
    client.close()


def test_documents_of_workers_are_published_read_and_removed(database: Database[Any]) -> None:
    board, other = CollectionBoard(lambda: database), CollectionBoard(lambda: database)
    places = [f"board-a-{slot}" for slot in range(130)]
    assert board.read(places) == {}
    documents = {place: os.urandom(200) for place in places}
    for place, document in documents.items():
        other.publish(place, b"older")
        other.publish(place, document)
    assert board.read([*places, "board-b-0"]) == documents
    board.remove(places[:100])
    assert other.read(places) == {place: documents[place] for place in places[100:]}
    assert database.list_collection_names() == [COLLECTION]
    assert collections_of(database) == set()


def test_a_server_that_cannot_be_reached_is_a_transient_error() -> None:
    client: pymongo.MongoClient[Any] = pymongo.MongoClient(
        "127.0.0.1", free_port(), serverSelectionTimeoutMS=100
    )
    board = CollectionBoard(lambda: client["polarshake"])
    for call in (lambda: board.read(["a"]), lambda: board.publish("a", b""), lambda: board.remove(["a"])):
        with pytest.raises(TransientError):
            call()
    client.close()


class OneKey(Schemas):
    def of(self, table: str) -> KeySchema:
        return key_schema([("pk", "S")])


def test_requests_of_several_threads_are_all_durable_when_they_have_landed(database: Database[Any]) -> None:
    shape = Shape(key_as_id=True)

    def writer(before_attempt: BeforeAttempt, timing: Timing) -> MongoWriter:
        bulk = MongoBulk(database)
        return MongoWriter(bulk, OneKey(), shape, FakeDeadLetters(), Policy(), before_attempt, timing)

    pipeline = BulkPipeline(writer, threads=4)
    bodies = [b'{"pk":{"S":"%d"},"n":{"N":"%d"}}' % (number, number) for number in range(1000)]
    waiting = [
        WriteRequest(table, bodies[at : at + 100], "segment 0", object())
        for at in range(0, 1000, 100)
        for table in ("users", "orders")
    ]
    landed, until = 0, time.monotonic() + 120
    while landed < 2000:
        assert time.monotonic() < until
        for request in list(waiting):
            if not pipeline.wait_for(request.table, 0.0):
                waiting.remove(request)
                pipeline.send(request)
        landed += sum(each.landed for each in pipeline.landed(1.0))
    pipeline.close()
    for table in ("users", "orders"):
        assert {document["n"] for document in database[table].find()} == set(range(1000))
