"""The board in a table of a server."""

from __future__ import annotations

import os

from connectors.dynamodb.client import Client
from connectors.dynamodb.tables import api
from connectors.model.origin import TABLE
from connectors.targets.dynamodb_api.board import TableBoard


def test_documents_of_workers_are_published_read_and_removed(target: Client) -> None:
    if api.describe_table(target, TABLE) is not None:
        api.delete_table(target, TABLE)
    board, other = TableBoard(target), TableBoard(target)
    places = [f"board-{os.getpid()}-{slot}" for slot in range(130)]
    assert board.read(places) == {}
    documents = {place: os.urandom(200) * 10 for place in places}
    for place, document in documents.items():
        other.publish(place, b"older")
        other.publish(place, document)
    assert board.read([*places, "board-nowhere-0"]) == documents
    board.remove(places[:100])
    assert other.read(places) == {place: documents[place] for place in places[100:]}
    board.remove(places)
