import json
import threading
from typing import Any, Dict, List, Optional

import pytest

from local.traffic.client import Lost
from local.verify.scan import scan
from local.verify.tables import table_key, table_names

Page = Dict[str, Any]


class Server:
    """Answers the Scan calls of a segment with its pages, in order."""

    def __init__(self, segments: List[List[Page]]) -> None:
        self.segments = segments
        self.requests: List[Dict[str, Any]] = []
        self._lock = threading.Lock()

    def insist(self, operation: str, body: bytes, patience: float = 60) -> bytes:
        request = json.loads(body)
        with self._lock:
            self.requests.append(request)
        page = int(request.get("ExclusiveStartKey", {"k": {"N": "0"}})["k"]["N"])
        answer = self.segments[request["Segment"]][page]
        if "fault" in answer:
            raise answer["fault"]
        return json.dumps(answer).encode()


def page(numbers: List[int], following: Optional[int] = None) -> Page:
    made: Page = {"Items": [{"k": {"N": str(number)}} for number in numbers], "Count": len(numbers)}
    return made if following is None else {**made, "LastEvaluatedKey": {"k": {"N": str(following)}}}


def numbers(server: Server) -> List[int]:
    pages = scan(server, "t", lambda item: int(item["k"]["N"]), segments=len(server.segments))  # type: ignore[arg-type]
    return sorted(each for page in pages for each in page)


def test_every_page_of_every_segment_is_read() -> None:
    server = Server([[page([1, 2], 1), page([3])], [page([4], 1), page([5], 2), page([6])]])
    assert numbers(server) == [1, 2, 3, 4, 5, 6]
    assert {request["TotalSegments"] for request in server.requests} == {2}


def test_an_empty_page_is_not_the_end() -> None:
    assert numbers(Server([[page([], 1), page([], 2), page([7])]])) == [7]


def test_all_pages_arrive_even_if_there_are_more_than_fit_into_memory() -> None:
    pages = [page([each], each + 1) for each in range(99)]
    assert numbers(Server([[*pages, page([99])]])) == list(range(100))


def test_a_page_that_cannot_be_read_is_an_error_and_not_the_end() -> None:
    with pytest.raises(Lost):
        numbers(Server([[page([1])], [page([2], 1), {"fault": Lost("Scan", "HTTP 500")}]]))


class Catalogue:
    def ask(self, operation: str, request: Dict[str, Any]) -> Dict[str, Any]:
        if operation == "ListTables":
            start = int(request.get("ExclusiveStartTableName", "t0")[1:])
            names = [f"t{each}" for each in range(start + 1, min(start + 100, 250) + 1)]
            more = {"LastEvaluatedTableName": names[-1]} if names[-1] != "t250" else {}
            return {"TableNames": names, **more}
        schema = [{"AttributeName": "r", "KeyType": "RANGE"}, {"AttributeName": "h", "KeyType": "HASH"}]
        kinds = [
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in (("x", "S"), ("r", "N"), ("h", "B"))
        ]
        return {"Table": {"KeySchema": schema, "AttributeDefinitions": kinds}}


def test_all_pages_of_the_table_list_are_read() -> None:
    assert len(set(table_names(Catalogue()))) == 250  # type: ignore[arg-type]


def test_a_tables_key_is_hash_then_range_with_their_types() -> None:
    assert table_key(Catalogue(), "t") == (("HASH", "h", "B"), ("RANGE", "r", "N"))  # type: ignore[arg-type]
