from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Dict, List

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.client import Client
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write.in_flight import SocketInFlight
from connectors.dynamodb.write.writer import BatchWriter
from connectors.model.dead_letters import StoredDeadLetters
from connectors.model.writes import Write
from connectors.storage.folder import FolderStorage
from tests.fakes.clock import FakeClock
from tests.fakes.deadletters import FakeDeadLetters
from tests.fakes.writer import writer_over
from tests.integration.dynamodb.conftest import Disturbance

BATCH = {"operation": "BatchWriteItem"}


def put(table: str, number: int, size: int = 1000) -> Write:
    item = {"id": {"S": f"{number:06}"}, "n": {"N": str(number)}, "data": {"S": "x" * size}}
    return Write(table, json.dumps(item).encode(), False, f"entry {number}")


def scanned(client: Client, table: str) -> Dict[str, Any]:
    items: Dict[str, Any] = {}
    request: Dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    while True:
        page = json.loads(client.call("Scan", json.dumps(request).encode()).body)
        items.update({item["id"]["S"]: item for item in page["Items"]})
        if "LastEvaluatedKey" not in page:
            return items
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def assert_holds(client: Client, table: str, writes: List[Write]) -> None:
    expected = [json.loads(write.body) for write in writes]
    assert scanned(client, table) == {item["id"]["S"]: item for item in expected}


def test_a_thousand_items_arrive_as_they_were_sent_and_deletes_remove_them(
    direct: Client, table: str
) -> None:
    writer, dead = writer_over(direct, FakeDeadLetters()), FakeDeadLetters()
    writes = [put(table, number) for number in range(1000)]
    before = time.time()
    assert writer.write(writes).written == 1000
    assert_holds(direct, table, writes)
    keys = [json.dumps({"id": {"S": f"{number:06}"}}).encode() for number in range(990)]
    assert writer.write([Write(table, key, True, "") for key in keys]).written == 990
    assert_holds(direct, table, writes[990:])
    assert dead.letters == []
    assert abs(direct.call("ListTables", b"{}").date - before) < 60


DISTURBANCES: Dict[str, List[Dict[str, Any]]] = {
    "throttling": [{**BATCH, "times": 12, "error": {"code": "ProvisionedThroughputExceededException"}}],
    "5xx": [{**BATCH, "times": 12, "error": {"code": "InternalServerError", "status": 500}}],
    "resets": [{**BATCH, "times": 12, "reset": True}],
    "answers cut off": [{**BATCH, "times": 12, "response": {"abort_bytes": 5}}],
    "answers cut short": [{**BATCH, "times": 12, "response": {"truncate_bytes": 5}}],
    "answers corrupted": [{**BATCH, "times": 12, "response": {"corrupt_bytes": 2}}],
    "latency": [{**BATCH, "latency": {"min": 20, "max": 200}}],
    "time-outs": [{**BATCH, "times": 3, "latency": 2500}],
    "all at once": [
        {**BATCH, "probability": 0.2, "times": 30, "error": {"code": "ThrottlingException"}},
        {**BATCH, "probability": 0.2, "times": 30, "reset": True},
        {**BATCH, "probability": 0.2, "times": 30, "error": {"code": "ServiceUnavailable", "status": 503}},
        {**BATCH, "probability": 0.2, "times": 30, "response": {"abort_bytes": 3}},
    ],
}


@pytest.mark.parametrize("name", DISTURBANCES)
def test_every_item_arrives_through(
    name: str, disturbed: Client, disturb: Disturbance, direct: Client, table: str
) -> None:
    disturb.rules(*DISTURBANCES[name])
    writes = [put(table, number) for number in range(1000)]
    report = writer_over(disturbed, FakeDeadLetters()).write(writes)
    assert (report.written, report.dead) == (1000, 0)
    if name != "latency":
        assert report.retries + disturbed.stats.retries > 0
    assert (report.throttles > 0) == (name in ("throttling", "all at once"))
    assert_holds(direct, table, writes)


def test_an_item_over_400_kb_becomes_a_dead_letter_and_all_others_arrive(
    direct: Client, table: str, tmp_path: Path
) -> None:
    writes = [put(table, number) for number in range(50)]
    writes[20] = put(table, 20, size=500_000)
    letters = StoredDeadLetters(FolderStorage(str(tmp_path), "deadLetter.path"))
    report = writer_over(direct, letters).write(writes)
    letters.close()
    assert (report.written, report.dead) == (49, 1)
    (file,) = tmp_path.iterdir()
    letter = json.loads(file.read_text())
    assert letter["item"] == json.loads(writes[20].body)
    assert "ValidationException" in letter["reason"]
    assert_holds(direct, table, writes[:20] + writes[21:])


def test_a_missing_table_ends_the_job_naming_it(direct: Client) -> None:
    with pytest.raises(TerminalError, match=r"writing to nowhere: .*ResourceNotFoundException"):
        writer_over(direct, FakeDeadLetters()).write([put("nowhere", 1)])


def test_a_target_that_always_throttles_fails_after_the_bound(
    disturbed: Client, disturb: Disturbance, table: str
) -> None:
    disturb.rules({**BATCH, "error": {"code": "ProvisionedThroughputExceededException"}})
    policy = Policy(deadline=1, base=0.01, cap=0.1)
    clock = FakeClock(0)
    writer = BatchWriter(SocketInFlight(disturbed), FakeDeadLetters(), policy, timing=clock.timing())
    with pytest.raises(TransientError, match="Raise the table's write capacity"):
        writer.write([put(table, number) for number in range(100)])
    assert policy.deadline <= clock.now <= policy.deadline + policy.cap


def test_a_call_succeeds_after_throttling_resets_and_truncated_answers(
    disturbed: Client, disturb: Disturbance, table: str
) -> None:
    scan = {"operation": "Scan", "times": 1}
    disturb.rules(
        {**scan, "error": {"code": "ProvisionedThroughputExceededException"}},
        {**scan, "reset": True},
        {**scan, "response": {"abort_bytes": 5}},
        {**scan, "error": {"code": "InternalServerError", "status": 500}},
    )
    body = json.dumps({"TableName": table}).encode()
    assert json.loads(disturbed.call("Scan", body).body)["Items"] == []
    assert disturbed.stats.retries >= 2
    assert disturbed.stats.throttles == 1


def test_a_denied_call_names_the_iam_action(disturbed: Client, disturb: Disturbance, table: str) -> None:
    disturb.rules({"operation": "Scan", "error": {"code": "AccessDeniedException", "status": 400}})
    with pytest.raises(ServiceError, match="IAM action dynamodb:Scan"):
        disturbed.call("Scan", json.dumps({"TableName": table}).encode())
