import json
from typing import Any, Dict, List

import pytest

from local.traffic.book import Outcome
from local.traffic.client import Busy, Refused
from local.traffic.history import Kind, Op
from local.traffic.ledger import Ledger, LedgerError
from local.traffic.load import load, write_batch
from local.traffic.plan import Plan

PLAN = Plan(tables=2, items=111, large_share=0)


class HalfServer:
    """Accepts the first `takes` items of each batch, and returns the others as unprocessed."""

    def __init__(self, takes: int) -> None:
        self.takes, self.puts = takes, []  # type: ignore[var-annotated]
        self.sizes: List[int] = []

    def insist(self, operation: str, body: bytes, patience: float = 60) -> bytes:
        ((table, puts),) = json.loads(body)["RequestItems"].items()
        self.sizes.append(len(puts))
        self.puts += [(table, json.dumps(put)) for put in puts[: self.takes]]
        left: Dict[str, Any] = {table: puts[self.takes :]} if puts[self.takes :] else {}
        return json.dumps({"UnprocessedItems": left}).encode()


class Refuser:
    def insist(self, operation: str, body: bytes, patience: float = 60) -> bytes:
        raise Refused(operation, "ValidationException")


def test_every_item_is_written_once_in_batches_of_at_most_25() -> None:
    server = HalfServer(25)
    done = load(server, PLAN)  # type: ignore[arg-type]
    assert done.items == len(server.puts) == len(set(server.puts)) == 111
    assert max(server.sizes) == 25


def test_the_caller_receives_the_number_of_items_written_so_far() -> None:
    heard: List[int] = []
    load(HalfServer(25), PLAN, tell=heard.append)  # type: ignore[arg-type]
    assert heard == [25, 50, 56, 81, 106, 111]


def test_unprocessed_items_are_sent_until_none_is_left() -> None:
    server = HalfServer(10)
    load(server, Plan(tables=1, items=25, large_share=0))  # type: ignore[arg-type]
    assert server.sizes == [25, 15, 5]
    assert len(set(server.puts)) == 25


def test_items_that_stay_unprocessed_are_an_error_not_a_loss() -> None:
    body = json.dumps({"RequestItems": {"t": [{"PutRequest": {"Item": {}}}]}}).encode()
    with pytest.raises(Busy, match="UnprocessedItems"):
        write_batch(HalfServer(0), body, patience=0.1)  # type: ignore[arg-type]


def test_a_table_is_recorded_as_loaded_only_after_all_of_it_was_acknowledged() -> None:
    ledger = Ledger.open(None, PLAN)
    with pytest.raises(Refused):
        load(Refuser(), PLAN, ledger)  # type: ignore[arg-type]
    assert ledger.book.loads == {}
    load(HalfServer(25), PLAN, ledger)  # type: ignore[arg-type]
    assert ledger.book.loads == {"orders": 56, "sessions": 55}


def test_a_load_over_traffic_is_refused() -> None:
    ledger = Ledger.open(None, PLAN)
    ledger.book.post(Op("orders", 1, Kind.PUT, 1), Outcome.APPLIED)
    with pytest.raises(LedgerError, match="another ledger"):
        load(HalfServer(25), PLAN, ledger)  # type: ignore[arg-type]
