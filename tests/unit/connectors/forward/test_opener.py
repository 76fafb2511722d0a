from __future__ import annotations

import time

import msgspec

from connectors.dynamodb.limits import LiveLimiter, LiveRates
from connectors.dynamodb.scan.rates import SCANS_AT_ONCE, lane_limits, live_segment_limit, segment_limit
from connectors.dynamodb.scan.request import ScanFilter
from connectors.dynamodb.streams.shard_set import Ready
from connectors.forward.components import rules_of
from connectors.forward.opener import ForwardOpener, scan_options
from connectors.model.assignment import Assignment
from connectors.model.keys import KeyReader, key_schema
from connectors.model.orders import SegmentOrder, StreamOrder
from connectors.targets.dynamodb_api.tables import EndpointTables
from tests.fakes.scan import FakeScan
from tests.fakes.streams import FakeStreams
from tests.unit.connectors.forward.samples import settings_of

SCHEMA = [("pk", "S"), ("sk", "N")]


class Rig:
    def __init__(self, **settings: str) -> None:
        self.source, self.target, self.streams = FakeScan(), FakeScan(), FakeStreams()
        self.source.tables["t"] = [{"pk": {"S": "a"}, "sk": {"N": "1"}}]
        self.target.tables["t"] = [{"pk": {"S": "gone"}, "sk": {"N": "1"}}]
        given = settings_of(**settings)
        self.tables = EndpointTables(given, self.source, self.target)  # type: ignore[arg-type]
        self.opener = ForwardOpener(given, self.source, self.streams, self.tables)


def order(of_target: bool = False, total: int = 1) -> SegmentOrder:
    return SegmentOrder("t", 2, SCHEMA, 0, 2, 0, total, of_target)


def test_a_segment_copies_from_the_source() -> None:
    rig = Rig()
    page = rig.opener.segment(order(), None).next_page()
    assert page is not None
    assert [msgspec.json.decode(body) for body in page.bodies] == rig.source.tables["t"]
    assert not page.deletes
    assert rig.target.requests == []


def test_a_sweep_reads_the_target_whole_and_asks_the_source() -> None:
    rig = Rig(scan_filterExpression="v > 1", scan_limit="1")
    page = rig.opener.segment(order(of_target=True), None).next_page()
    assert page is not None
    assert [msgspec.json.decode(body) for body in page.bodies] == rig.target.tables["t"]
    assert page.deletes
    assert [name for name, _ in rig.target.requests] == ["Scan"]
    assert [name for name, _ in rig.source.requests] == ["BatchGetItem"]
    assert not {"FilterExpression", "Limit"} & rig.target.requests[0][1].keys()


def test_a_tables_rate_is_shared_by_the_segments_read_at_once() -> None:
    settings = settings_of(scan_readLimit_rate="32", readers="4", check_lanes="8")
    limits = [segment_limit(settings, order(total=total)) for total in (2, 100)]
    limits.append(lane_limits(settings)("t"))
    assert [limit and limit._bucket._rate for limit in limits] == [16, 32 / (4 * SCANS_AT_ONCE), 4]
    assert segment_limit(settings_of(), order()) is None


def test_a_shard_is_read_with_the_tables_key() -> None:
    rig = Rig()
    arn = rig.streams.create("t")
    rig.streams.put(arn, "a", 1)
    (shard,) = rig.streams.open_shards(arn)
    ready = Ready(Assignment(shard.shard_id, None, shard.shard_id, str(shard.start)))
    split = rig.opener.shard(StreamOrder("t", 2, SCHEMA[:1], arn, 0.0, None, []), ready, None)
    page = split.next_page()
    assert page is not None
    ((digest, _, _),) = page.changes
    assert KeyReader("t", key_schema(SCHEMA[:1])).digest(b'{"pk": {"S": "a"}}') == digest


def test_a_shard_that_expired_before_the_job_began_is_passed_over() -> None:
    rig = Rig(mode="incremental", streams_start="oldest")
    arn = rig.streams.create("t")
    ready = Ready(Assignment("expired", None, "expired", "1"))
    split = rig.opener.shard(StreamOrder("t", 0, SCHEMA[:1], arn, time.time(), None, []), ready, None)
    page = split.next_page()
    assert page is not None
    assert (page.done, page.read) == (True, 0)


def test_the_users_filter_passes() -> None:
    settings = settings_of(**{"scan_filterExpression": "v > :v", "scan_values": '{":v": {"N": "1"}}'})
    assert scan_options(settings).filter == ScanFilter("v > :v", {}, {":v": {"N": "1"}})


def test_a_key_has_one_attribute_or_two() -> None:
    assert len(key_schema(SCHEMA[:1]).attributes) == 1
    assert [attribute.name for attribute in key_schema(SCHEMA).attributes] == ["pk", "sk"]


def test_the_mode_says_what_is_scanned_and_what_is_followed() -> None:
    rules = {mode: rules_of(settings_of(mode=mode)) for mode in ("all", "full", "incremental", "schema")}
    assert {mode: (rule.scan, rule.stream) for mode, rule in rules.items()} == {
        "all": (True, True),
        "full": (True, False),
        "incremental": (False, True),
        "schema": (False, False),
    }
    assert all(rule.steps for rule in rules.values())


def test_the_stream_waits_for_the_scan_as_long_as_the_settings_say() -> None:
    assert rules_of(settings_of(streams_holdHours="3")).hold_seconds == 3 * 3600


def test_a_changed_rate_is_shared_by_the_segments_that_are_open_already() -> None:
    rates = LiveRates(0.0)
    settings = settings_of(readers="4", scan_readLimit_unit="requests")
    limiter = live_segment_limit(rates, settings, order(total=100))
    assert isinstance(limiter, LiveLimiter)
    assert limiter.limit is None
    rates.set("t", 0.008)
    limiter.pay(1.0)
    share = limiter.limit
    assert share is not None
    assert 900 < share.wait() <= 1000  # one of eight segments pays for one request
