"""A server that closes the connection over one document, with the driver and its retries."""

from __future__ import annotations

import uuid
from typing import Any, List

import pymongo

from connectors.dynamodb.retry import Policy
from connectors.model.pipeline import Landed, WriteRequest
from connectors.targets.mongodb.bulk import MongoBulk
from connectors.targets.mongodb.convert import Shape
from connectors.targets.mongodb.isolation import PassedWrites
from connectors.targets.mongodb.pipeline import BulkPipeline
from connectors.targets.mongodb.writer import MongoWriter
from tests.fakes.deadletters import FakeDeadLetters
from tests.harness.mongowire import Rule, wire_to
from tests.unit.connectors.targets.mongodb.test_writer import Schemas, put

BOUND = 15.0
"""Seconds. After each closed connection the driver takes about one to connect again."""


def test_a_document_at_which_the_server_closes_the_connection_is_a_dead_letter_and_the_others_are_written(
    mongodb: str,
) -> None:
    letters, progress = FakeDeadLetters(), PassedWrites()
    with wire_to(mongodb) as wire, pymongo.MongoClient[Any](wire.address, socketTimeoutMS=5000) as client:
        database = client[f"isolation_{uuid.uuid4().hex[:8]}"]

        def writer(before_attempt: Any, timing: Any) -> MongoWriter:
            policy = Policy(BOUND, 0.01, 0.1)
            bulk = MongoBulk(database)
            return MongoWriter(
                bulk, Schemas(), Shape(), letters, policy, before_attempt, timing, progress, may_repeat=True
            )

        pipeline = BulkPipeline(writer)
        wire.set_rules(Rule(poison=b"poisonous"))
        writes = [put(n, "poisonous" if n in (17, 230) else "") for n in range(300)]
        first, second = (WriteRequest.of(tuple(some)) for some in (writes[:200], writes[200:]))
        pipeline.send(first)
        pipeline.send(second)
        landed = until_landed(pipeline)
        pipeline.close()
        wire.set_rules(Rule())
        stored = sorted(document["v"] for document in database["t"].find())
        client.drop_database(database.name)
    assert [
        letter.write.body for letter in sorted(letters.letters, key=lambda each: each.write.provenance)
    ] == [writes[17].body, writes[230].body]
    assert (sum(each.landed for each in landed), sum(each.dead for each in landed)) == (300, 2)
    assert stored == sorted(f"v{n}" for n in range(300) if n not in (17, 230))


def until_landed(pipeline: BulkPipeline) -> List[Landed]:
    found: List[Landed] = []
    while len(pipeline):
        found += pipeline.landed(1.0)
    return found
