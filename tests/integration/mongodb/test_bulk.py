"""Bulk writes over the driver itself: what it does when a connection is lost."""

from __future__ import annotations

import uuid
from typing import Any, List

import bson
import pymongo
import pytest
from pymongo.errors import AutoReconnect

from connectors.targets.mongodb.bulk import BulkAnswer, BulkChange, MongoBulk


@pytest.mark.parametrize("lost", [0, 1])
def test_no_kind_of_write_is_left_out_when_the_first_attempt_gets_no_connection(
    lost: int, mongodb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pymongo.MongoClient[Any](mongodb) as client:
        database = client[f"bulk_{uuid.uuid4().hex[:8]}"]
        database["t"].insert_many([{"_id": 1}, {"_id": 2}])
        checkout, attempts = client._checkout, 0

        def losing(*given: Any) -> Any:
            nonlocal attempts
            attempts += 1
            if attempts == 1 + lost:
                raise AutoReconnect("connection pool paused")
            return checkout(*given)

        monkeypatch.setattr(client, "_checkout", losing)
        changes = [BulkChange({"_id": 1}, None), BulkChange({"_id": 3}, bson.encode({"_id": 3}))]
        bulk = MongoBulk(database)
        assert bulk.write("t", changes) == BulkAnswer([])
        bulk.close()
        assert attempts > 1 + lost
        left: List[int] = sorted(each["_id"] for each in database["t"].find())
        client.drop_database(database.name)
    assert left == [2, 3]
