"""Faults on either side, with an application writing all the while: at the end both sides are equal."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple

import pytest

from connectors.base.errors import GapError
from tests.harness.mongowire import MongoWire, Rule
from tests.harness.pipeline import Pipeline
from tests.integration.forward.application import Application, written_over
from tests.integration.forward.conftest import TARGETS, MakeJob, Proxies
from tests.integration.forward.sources import ShortPauses, Trimming, Unprocessed, newest
from tests.integration.forward.tables import Item, Sides

Rules = List[Dict[str, Any]]
DB, STREAMS = {"service": "dynamodb"}, {"service": "dynamodbstreams"}
THROTTLED = {"error": {"code": "ProvisionedThroughputExceededException"}}
BUSY_SHARD = {"error": {"code": "LimitExceededException"}}
TWO_OF_FIVE = {"sequence": {"fail": 2, "pass": 3}}
BROKEN = {"error": {"code": "InternalServerError", "status": 500}}
CUT = {"response": {"abort_frac": 0.5}}
TOO_MANY_REQUESTS = 16500
EXPIRED = {"error": {"code": "ExpiredIteratorException", "status": 400}}


class Fault(NamedTuple):
    """On the job's way to the source, and on its way to the one or the other target."""

    source: Rules = []
    polardb: Rules = []
    mongodb: Rule = Rule()


FAULTS: Dict[str, Fault] = {
    # With half of MongoDB's commands refused, or each 0.2 s late, the test would be mostly pauses.
    "a throttled target": Fault(
        [], [{**DB, "probability": 0.5, **THROTTLED}], Rule(refused=0.2, code=TOO_MANY_REQUESTS)
    ),
    "a throttled source": Fault(
        [
            {**DB, "operation": "Scan", "probability": 0.5, **THROTTLED},
            {**STREAMS, "operation": "GetRecords", "probability": 0.3, **BUSY_SHARD},
        ]
    ),
    "resets": Fault(
        [{**DB, "probability": 0.2, "reset": True}, {**STREAMS, "probability": 0.2, "reset": True}],
        [{**DB, "probability": 0.2, "reset": True}],
        Rule(request_lost=0.2),
    ),
    "cut bodies": Fault(
        [{**DB, "probability": 0.2, **CUT}, {**STREAMS, "probability": 0.2, **CUT}],
        [{**DB, "probability": 0.2, **CUT}],
        Rule(answer_lost=0.2),
    ),
    "latency": Fault(
        [{**DB, "latency": 200}, {**STREAMS, "latency": 200}], [{**DB, "latency": 200}], Rule(latency=0.05)
    ),
    "5xx": Fault(
        [{**DB, "probability": 0.3, **BROKEN}, {**STREAMS, "probability": 0.3, **BROKEN}],
        [{**DB, "probability": 0.3, **BROKEN}],
    ),
    "expired iterators": Fault([{**STREAMS, "operation": "GetRecords", **TWO_OF_FIVE, **EXPIRED}]),
}


@pytest.mark.parametrize("target", ["polardb", "wire to mongodb"], indirect=True)
@pytest.mark.parametrize("name", FAULTS)
def test_both_sides_are_equal_after(
    name: str, sides: Sides, job: MakeJob, proxies: Proxies, tmp_path: Path
) -> None:
    application, fault = Application(sides, tmp_path), FAULTS[name]
    of_target: Any = fault.mongodb if isinstance(proxies.target, MongoWire) else fault.polardb
    proxies.source.set_rules(fault.source)
    proxies.target.set_rules(of_target)
    running = job(components=ShortPauses, **proxies.sets(), write__requestTimeoutSeconds=5)
    written_over(running, application)
    sides.settle(running)
    application.check()
    assert running.dead == 0
    fired = [bool(proxy.fired()) for proxy in proxies]
    assert fired == [bool(fault.source), of_target not in ([], Rule())]


def test_both_sides_are_equal_after_items_came_back_unprocessed(
    sides: Sides, job: MakeJob, tmp_path: Path
) -> None:
    application = Application(sides, tmp_path)
    running = job(components=Unprocessed)
    written_over(running, application)
    sides.settle(running)
    application.check()
    target: Any = running.components._target._client  # type: ignore[attr-defined]
    assert target.sent_back > 20


def numbered(number: int) -> Item:
    return {"pid": {"S": "p"}, "sid": {"N": str(number)}}


@pytest.fixture
def streaming(sides: Sides, job: MakeJob) -> Callable[..., Pipeline]:
    """A job that has copied 30 items and follows the stream."""

    def start(**options: Any) -> Pipeline:
        table = sides.make()
        sides.put(table, *[numbered(number) for number in range(30)])
        running = job(**options)
        running.run_until(lambda: running.completion.complete)
        sides.put(table, numbered(100))
        sides.settle(running)
        return running

    return start


@pytest.mark.parametrize("target", TARGETS, indirect=True)
def test_trimmed_records_stop_the_job_and_name_the_table(
    sides: Sides, streaming: Callable[..., Pipeline], proxies: Proxies
) -> None:
    running = streaming(streams__gap="fail", **proxies.sets())
    trimmed = {"code": "TrimmedDataAccessException", "status": 400}
    proxies.source.set_rules([{**STREAMS, "operation": "GetRecords", "error": trimmed}])
    sides.put(sides.name(), numbered(101))
    with pytest.raises(GapError, match=rf"table {sides.name()}: changes were lost at the source: .*trimmed"):
        running.run_until_it_raises()


@pytest.mark.parametrize("target", TARGETS, indirect=True)
def test_after_a_gap_the_table_is_scanned_again_and_what_was_deleted_in_it_goes_too(
    sides: Sides, streaming: Callable[..., Pipeline]
) -> None:
    class Gap(Trimming):
        pass

    running = streaming(components=Gap, streams__gap="rescan")
    table = sides.name()
    sides.put(table, {**numbered(1), "old": {"S": "x"}})
    sides.delete(table, *[numbered(number) for number in range(5, 15)])
    sides.put(table, {**numbered(2), "new": {"S": "x"}}, numbered(200))
    Gap.trimmed = newest(running.components._stream_calls(5.0), stream_of(sides, table))
    running.crash()
    running.run_until(lambda: scanned_again(running, table))
    sides.settle(running)
    assert len(sides.items(table)) == 30 + 1 - 10 + 1
    sides.delete(table, numbered(100), numbered(20))
    sides.settle(running)


@pytest.mark.parametrize("target", TARGETS, indirect=True)
def test_a_recreated_stream_is_a_gap_too(sides: Sides, streaming: Callable[..., Pipeline]) -> None:
    running = streaming(streams__gap="rescan")
    table = sides.name()
    switch(sides, table, on=False)
    sides.delete(table, *[numbered(number) for number in range(5)])
    sides.put(table, {**numbered(10), "n": {"N": "1"}})
    switch(sides, table, on=True)
    running.crash()
    running.run_until(lambda: scanned_again(running, table))
    sides.put(table, numbered(300))
    sides.settle(running)
    assert len(sides.items(table)) == 30 + 1 - 5 + 1


@pytest.mark.parametrize("target", TARGETS, indirect=True)
def test_a_recreated_stream_stops_the_job_if_configured(
    sides: Sides, streaming: Callable[..., Pipeline]
) -> None:
    running = streaming(streams__gap="fail")
    switch(sides, sides.name(), on=False)
    switch(sides, sides.name(), on=True)
    running.crash()
    with pytest.raises(GapError, match=rf"table {sides.name()}"):
        running.run_until_it_raises()


def scanned_again(running: Pipeline, table: str) -> bool:
    state = running.tables.get(table)
    return state is not None and state.generation == 2 and state.scanned


def stream_of(sides: Sides, table: str) -> str:
    return str(sides.source.ask("DescribeTable", {"TableName": table})["Table"]["LatestStreamArn"])


def switch(sides: Sides, table: str, on: bool) -> None:
    specification: Dict[str, Any] = {"StreamEnabled": on}
    if on:
        specification["StreamViewType"] = "NEW_AND_OLD_IMAGES"
    sides.source.ask("UpdateTable", {"TableName": table, "StreamSpecification": specification})
