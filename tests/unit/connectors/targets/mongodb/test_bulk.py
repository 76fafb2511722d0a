from __future__ import annotations

from typing import Any, Dict, List, Optional

import bson
import pytest
from pymongo import DeleteOne, ReplaceOne
from pymongo.errors import AutoReconnect, BulkWriteError, OperationFailure

from connectors.base.errors import TerminalError, TransientError
from connectors.targets.mongodb.bulk import BulkAnswer, BulkChange, MongoBulk, Refusal


class Session:
    ended = False

    def end_session(self) -> None:
        self.ended = True


class Database:
    """With one collection, that refuses a whole bulk write with `code` when it holds a document of `bad`."""

    def __init__(self, bad: List[int], code: int = 10334) -> None:
        self.client, self.bad, self.code = self, bad, code
        self.raises: Optional[Exception] = None
        self.raises_for: Dict[type, Exception] = {}
        self.sessions: List[Session] = []
        self.written: List[int] = []
        self.calls = 0

    def __getitem__(self, name: str) -> Database:
        return self

    def start_session(self) -> Session:
        self.sessions.append(Session())
        return self.sessions[-1]

    def bulk_write(self, requests: List[Any], ordered: bool, session: Session) -> None:
        self.calls += 1
        assert not ordered
        assert session is self.sessions[0]
        (kind,) = {type(request) for request in requests}
        if self.raises:
            raise self.raises
        if kind in self.raises_for:
            raise self.raises_for[kind]
        numbers = [number_of(request) for request in requests]
        if set(self.bad) & set(numbers):
            raise OperationFailure("cannot be read", self.code)
        self.written += numbers


def number_of(request: Any) -> int:
    added = Added()
    request._add_to_bulk(added)
    (operation,) = added.operations
    return int(operation["q"]["n"])


class Added:
    """Takes what a request adds to the driver's bulk write."""

    def __init__(self) -> None:
        self.operations: List[Dict[str, Any]] = []

    def add_replace(self, selector: Any, *rest: Any, **options: Any) -> None:
        self.operations.append({"q": selector})

    def add_delete(self, selector: Any, *rest: Any, **options: Any) -> None:
        self.operations.append({"q": selector})


def changes(count: int) -> List[BulkChange]:
    puts = [BulkChange({"n": n}, bson.encode({"n": n})) for n in range(count)]
    return [*puts[:-1], BulkChange({"n": count - 1}, None)]


@pytest.mark.parametrize("bad", [[0], [6], [2, 3], list(range(7))])
def test_a_command_refused_for_what_a_document_holds_is_halved_until_that_one_is_found(
    bad: List[int],
) -> None:
    database: Any = Database(bad)
    answer = MongoBulk(database).write("t", changes(7))
    assert answer == BulkAnswer([Refusal(n, 10334, "cannot be read (code 10334)") for n in bad])
    assert sorted(database.written) == [n for n in range(7) if n not in bad]


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (OperationFailure("no", 13), TerminalError),
        (OperationFailure("unknown", 99999), TerminalError),
        (OperationFailure("stepped down", 189), TransientError),
        (AutoReconnect("cut"), TransientError),
    ],
)
def test_another_refusal_of_the_whole_is_no_documents_fault(raised: Exception, expected: type) -> None:
    database: Any = Database([])
    database.raises = raised
    with pytest.raises(expected, match="table t: writing to MongoDB: "):
        MongoBulk(database).write("t", changes(7))
    assert database.calls == 1


def refused(*places: int, unconfirmed: bool = False) -> BulkWriteError:
    late = [{"code": 64, "errmsg": "waiting for replication timed out"}]
    errors = [{"index": place, "code": 121, "errmsg": "Document failed validation"} for place in places]
    return BulkWriteError({"writeErrors": errors, "writeConcernErrors": late if unconfirmed else []})


def test_what_became_of_each_write_is_reported_by_its_place_among_both_kinds() -> None:
    database: Any = Database([])
    database.raises_for = {ReplaceOne: refused(1, 3, unconfirmed=True), DeleteOne: refused(0)}
    puts = changes(6)[:-1]
    delete = BulkChange({"n": 9}, None)
    answer = MongoBulk(database).write("t", [puts[0], puts[1], delete, *puts[2:], delete])
    assert [(each.place, each.code) for each in answer.refused] == [(1, 121), (2, 121), (4, 121)]
    assert answer.unconfirmed == "waiting for replication timed out (code 64)"


def test_all_writes_go_in_one_session_that_ends_with_the_lane() -> None:
    database: Any = Database([])
    bulk = MongoBulk(database)
    for _ in range(3):
        assert bulk.write("t", changes(2)) == BulkAnswer([])
    bulk.close()
    assert [session.ended for session in database.sessions] == [True]
