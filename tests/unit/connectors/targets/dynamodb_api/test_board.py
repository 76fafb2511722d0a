"""The board's documents as rows of the job's own table."""

from __future__ import annotations

import base64
import json
from typing import Any, Dict, List

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.faults import ServiceError
from connectors.model.origin import TABLE
from connectors.targets.dynamodb_api import origin_table
from connectors.targets.dynamodb_api.board import TableBoard
from tests.fakes.tables import Body, FakeTables

DOCUMENT = bytes(range(256)) * 40


class Endpoint(FakeTables):
    """PolarDB with one table's items: it refuses consistent reads."""

    def __init__(self) -> None:
        super().__init__(polardb=True)
        self.rows: Dict[str, Body] = {}
        self.asked: List[int] = []
        """Keys of each BatchGetItem."""
        self.damage = b""
        """Answered in place of the next answers of the data plane."""

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        if operation == "BatchGetItem":
            self._find({"TableName": TABLE})
            return self._answer(self._get(json.loads(body)))
        answer = super().call(operation, body, table)
        return answer if operation == "DescribeTable" else self._answer(json.loads(answer.body))

    def _answer(self, answer: Body) -> Response:
        return Response(self.damage or json.dumps(answer).encode(), 0.0)

    def _handlers(self) -> Any:
        return {**super()._handlers(), "PutItem": self._put, "DeleteItem": self._remove}

    def _put(self, request: Body) -> Body:
        self._find(request)
        self.rows[request["Item"]["id"]["S"]] = request["Item"]
        return {}

    def _remove(self, request: Body) -> Body:
        self._find(request)
        self.rows.pop(request["Key"]["id"]["S"], None)
        return {}

    def _get(self, request: Body) -> Body:
        ((table, wanted),) = request["RequestItems"].items()
        assert "ConsistentRead" not in wanted
        names = [key["id"]["S"] for key in wanted["Keys"]]
        self.asked.append(len(names))
        found = [self.rows[name] for name in names if name in self.rows]
        return {"Responses": {table: found}, "UnprocessedKeys": {}}


def board_of(endpoint: Endpoint) -> TableBoard:
    origin_table.ensure(endpoint)
    return TableBoard(endpoint)


def test_a_document_is_read_back_as_it_was_published_and_is_stored_compressed() -> None:
    endpoint = Endpoint()
    board = board_of(endpoint)
    board.publish("board-a-0", b"old")
    board.publish("board-a-0", DOCUMENT)
    assert board.read(["board-a-0"]) == {"board-a-0": DOCUMENT}
    assert len(base64.b64decode(endpoint.rows["board-a-0"]["document"]["B"])) < len(DOCUMENT) / 10


def test_places_without_a_document_are_left_out() -> None:
    board = board_of(Endpoint())
    board.publish("board-a-1", DOCUMENT)
    assert board.read(["board-a-0", "board-a-1"]) == {"board-a-1": DOCUMENT}
    assert board.read([]) == {}


def test_many_places_are_read_a_hundred_at_a_time() -> None:
    endpoint = Endpoint()
    board = board_of(endpoint)
    for slot in range(0, 250, 10):
        board.publish(f"board-a-{slot}", str(slot).encode())
    found = board.read([f"board-a-{slot}" for slot in range(250)])
    assert found == {f"board-a-{slot}": str(slot).encode() for slot in range(0, 250, 10)}
    assert endpoint.asked == [100, 100, 50]


def test_a_removed_document_is_not_read_any_more() -> None:
    board = board_of(Endpoint())
    board.publish("board-a-0", DOCUMENT)
    board.publish("board-b-0", DOCUMENT)
    board.remove(["board-a-0", "board-a-1"])
    assert board.read(["board-a-0", "board-b-0"]) == {"board-b-0": DOCUMENT}


def test_a_board_whose_table_does_not_exist_is_empty() -> None:
    endpoint = Endpoint()
    board = TableBoard(endpoint)
    assert board.read(["board-a-0"]) == {}
    board.remove(["board-a-0"])
    assert endpoint.tables == {}


def test_the_first_document_creates_the_table() -> None:
    endpoint = Endpoint()
    board = TableBoard(endpoint)
    board.publish("board-a-0", DOCUMENT)
    assert set(endpoint.tables) == {TABLE}
    assert board.read(["board-a-0"]) == {"board-a-0": DOCUMENT}


@pytest.mark.parametrize("damage", [b"{}", b"<html>", b'{"__type":"InternalFailure"}', b'{"Responses":{}}'])
def test_an_answer_that_is_none_never_reads_as_an_empty_board(
    damage: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.dynamodb.answers.TRIES", 1)
    endpoint = Endpoint()
    board = board_of(endpoint)
    endpoint.damage = damage
    with pytest.raises(TransientError):
        board.read(["board-a-0"])


def test_an_answer_with_an_error_in_it_is_not_taken_for_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.dynamodb.answers.TRIES", 1)
    endpoint = Endpoint()
    board = board_of(endpoint)
    endpoint.damage = b'{"__type":"InternalFailure"}'
    with pytest.raises(TransientError):
        board.publish("board-a-0", DOCUMENT)


@pytest.mark.parametrize(
    ("code", "raised"),
    [("InternalServerError", TransientError), ("AccessDeniedException", TerminalError)],
)
def test_a_refusal_is_transient_or_terminal_by_its_code(code: str, raised: type) -> None:
    endpoint = Endpoint()
    board = board_of(endpoint)
    endpoint.fail("PutItem", ServiceError(code, "no"))
    with pytest.raises(raised, match=code):
        board.publish("board-a-0", DOCUMENT)


@pytest.mark.parametrize("document", [{"S": "x"}, {"B": "?"}, {"B": "AAAA"}])
def test_a_row_that_is_not_a_document_stops_the_job_and_says_what_to_do(document: Body) -> None:
    endpoint = Endpoint()
    board = board_of(endpoint)
    endpoint.rows["board-a-0"] = {"id": {"S": "board-a-0"}, "document": document}
    with pytest.raises(TerminalError, match="Delete it"):
        board.read(["board-a-0"])
