"""What the forward job gets of a target that speaks DynamoDB's protocol."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, List, Optional, Tuple

import pytest

from connectors.base.secret import Secret
from connectors.config.choices import CopyMode
from connectors.config.settings import Settings, TableSettings, WriteSettings
from connectors.dynamodb.client import Client
from connectors.dynamodb.credentials import StaticCredentials
from connectors.dynamodb.limits import LiveLimits, LiveRates
from connectors.dynamodb.tables import api
from connectors.dynamodb.write.pipeline import BatchPipeline
from connectors.model.dead_letters import NoDeadLetters
from connectors.model.orders import SegmentOrder
from connectors.model.origin import TABLE
from connectors.model.pages import ReadPage
from connectors.model.pipeline import WriteRequest
from connectors.targets.dynamodb_api.tables import EndpointTables
from tests.fakes.scan import FakeScan
from tests.fakes.tables import FakeTables

DEFINITION = {
    "TableName": "users",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def tables_of(source: Any, target: Any, **changes: Any) -> EndpointTables:
    settings = replace(Settings(), tables=TableSettings(copy_ttl=False), **changes)
    return EndpointTables(settings, source, target)


@pytest.mark.parametrize(
    ("mode", "mark", "needed"),
    [
        (CopyMode.ALL, "none", True),
        (CopyMode.ALL, "changes", True),
        (CopyMode.FULL, "none", False),
        (CopyMode.FULL, "all", True),
        (CopyMode.INCREMENTAL, "none", False),
        (CopyMode.INCREMENTAL, "changes", True),
        (CopyMode.SCHEMA, "changes", False),
    ],
)
def test_the_jobs_own_table_is_created_for_marks_or_for_the_board(
    mode: CopyMode, mark: str, needed: bool
) -> None:
    source, target = FakeTables(), FakeTables()
    source.make(DEFINITION)
    description = api.describe_table(source, "users")
    assert description is not None
    tables = tables_of(source, target, mode=mode, write=WriteSettings(mark_origin=mark))
    tables.ensure(description, rescan=False, first_attempt=True)
    assert set(target.tables) == ({"users", TABLE} if needed else {"users"})


def pages_of(tables: EndpointTables, saved: Optional[bytes] = None) -> List[ReadPage]:
    split = tables.sweep(SegmentOrder("users", 2, [("pk", "S")], 0, 1, 0, 1, of_target=True), saved)
    pages: List[ReadPage] = []
    while not pages or not pages[-1].done:
        page = split.next_page()
        assert page is not None
        pages.append(page)
    return pages


def sides() -> Tuple[FakeScan, FakeScan]:
    source, target = FakeScan(), FakeScan()
    target.tables["users"] = [{"pk": {"S": str(number)}, "v": {"S": "x"}} for number in range(8)]
    source.tables["users"] = target.tables["users"][::2]
    return source, target


def test_a_sweep_deletes_at_the_target_what_the_source_does_not_have() -> None:
    pages = pages_of(tables_of(*sides()))
    assert sorted(body for page in pages for body in page.bodies) == [
        b'{"pk":{"S":"%d"}}' % number for number in (1, 3, 5, 7)
    ]
    assert all(page.deletes for page in pages)


def test_a_sweep_continues_after_the_page_whose_position_was_saved() -> None:
    source, target = sides()
    pages = pages_of(tables_of(source, target))
    target.requests.clear()
    again = pages_of(tables_of(source, target), pages[0].position)
    assert [page.bodies for page in again] == [page.bodies for page in pages[1:]]


def client() -> Client:
    return Client("http://127.0.0.1:1", "cn-north-1", StaticCredentials("key", Secret("secret")))


def pipeline_of(limit: float = 0.0, share: float = 1.0, **write: Any) -> BatchPipeline:
    tables = tables_of(FakeTables(), client(), write=WriteSettings(**write))
    return tables.pipeline(3, LiveLimits(LiveRates(limit), share), NoDeadLetters())


@pytest.mark.parametrize(("mark", "most", "copies"), [("none", 25, 25), ("changes", 24, 25), ("all", 24, 24)])
def test_the_origin_mark_takes_one_place_of_the_requests_that_have_it(
    mark: str, most: int, copies: int
) -> None:
    pipeline = pipeline_of(mark_origin=mark)
    assert (pipeline.most, pipeline.most_copies) == (most, copies)


def send(pipeline: BatchPipeline) -> None:
    """22 items, to a server that does not exist: the request waits for its second attempt."""
    pipeline.send(WriteRequest("users", [b"{}"] * 22, "segment 0"))
    assert pipeline.landed(0.0) == []


def test_a_worker_writes_a_table_at_its_share_of_the_limit() -> None:
    pipeline = pipeline_of(limit=100.0, share=0.02)
    send(pipeline)
    # Two items may go at once, two a second after them.
    assert 9.0 < pipeline.wait_for("users", 0.0) <= 10.0
    assert pipeline.wait_for("orders", 0.0) == 0.0


def test_without_a_limit_a_worker_does_not_wait() -> None:
    pipeline = pipeline_of(limit=0.0, share=0.02)
    send(pipeline)
    assert pipeline.wait_for("users", 0.0) == 0.0
