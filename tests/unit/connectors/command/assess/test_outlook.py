"""Rates, hours, cost and the plan."""

from __future__ import annotations

import pytest

from connectors.base.errors import ConfigError
from connectors.command.assess.facts import NOTHING_ELSE, TableFacts, extras_of
from connectors.command.assess.outlook import SLOTS, capacity_of, choose_slots, outlook
from connectors.command.estimate.copy import Limits, TableSize, copy_seconds
from connectors.command.estimate.prices import Prices, price_list, read_prices
from connectors.dynamodb.tables.description import description_of
from tests.harness.assessment import settings_of

TB = 10**12
FREE = Prices(0.0, 0.0, 0.0)


def facts(name="orders", size=TB, units=0, **extras):
    described = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "TableSizeBytes": size,
        "ItemCount": size // 1024,
        "ProvisionedThroughput": {"ReadCapacityUnits": units, "WriteCapacityUnits": units},
    }
    return TableFacts(description_of(described), extras_of(extras) or NOTHING_ELSE, [], [])


def plan_of(*tables, share=0.25, slots=0, prices=FREE, sets=()):
    return outlook(tables, settings_of(*sets), Limits(), 40_000, share, slots, prices)


def test_the_capacity_is_the_most_certain_figure_that_is_known():
    on_demand = {"OnDemandThroughput": {"MaxReadRequestUnits": 500, "MaxWriteRequestUnits": -1}}
    warm = {"WarmThroughput": {"ReadUnitsPerSecond": 12_000}}
    assert capacity_of(facts(units=100, **warm), 40_000) == (100, "provisioned")
    assert capacity_of(facts(**on_demand, **warm), 40_000) == (500, "maximum on demand")
    assert capacity_of(facts(**warm), 40_000) == (12_000, "warm throughput")
    assert capacity_of(facts(), 10_000) == (10_000, "account's quota")
    assert capacity_of(facts(), None) == (40_000, "default quota")


def test_the_rate_is_the_share_of_the_capacity_and_gives_the_hours():
    tables, plan = plan_of(facts(units=1000), share=0.2)
    assert tables["orders"].rate == 200
    assert tables["orders"].hours_at_rate == pytest.approx(TB / 8192 / 200 / 3600)
    assert plan.hours_at_rate == pytest.approx(tables["orders"].hours_at_rate)


def test_the_plan_has_the_fewest_slots_with_which_no_scan_pauses():
    size = [TableSize(TB, TB // 1024)]
    slots = choose_slots(size, Limits(), 8.0, False)
    assert copy_seconds(size, slots)[0] <= 8 * 3600
    assert copy_seconds(size, slots // 2)[0] > 8 * 3600


def test_the_plan_has_no_more_slots_than_the_read_quota_lets_work():
    assert choose_slots([TableSize(100 * TB, 100 * TB // 1024)], Limits(), 1.0, False) < SLOTS[-1]


def test_a_scan_that_is_longer_than_hold_hours_pauses():
    tables, _ = plan_of(facts(size=10 * TB), slots=2)
    hours = copy_seconds([TableSize(10 * TB, 10 * TB // 1024)], 2)[0] / 3600
    assert tables["orders"].pauses == int(hours // 8)
    halved, _ = plan_of(facts(size=10 * TB), slots=2, sets=["streams.holdHours=4"])
    assert halved["orders"].pauses == int(hours // 4)
    assert plan_of(facts(size=10 * TB), slots=2, sets=["mode=full"])[0]["orders"].pauses == 0


def test_a_table_may_pause_as_often_as_the_whole_copy_takes_because_tables_share_the_slots():
    tables, _ = plan_of(facts("large", size=10 * TB), facts("small", size=10**6), slots=2)
    assert tables["small"].pauses == tables["large"].pauses > 0


def test_reads_cost_nothing_where_capacity_is_provisioned():
    prices = Prices(1.0, 0.0, 0.0)
    tables, plan = plan_of(facts("a", units=10), facts("b"), prices=prices)
    assert tables["a"].cost == 0
    assert tables["b"].cost == plan.copy_cost == pytest.approx(TB / 8192 / 1e6)


def test_strongly_consistent_reads_cost_twice_as_much():
    prices = Prices(1.0, 0.0, 0.0)
    once = plan_of(facts(), prices=prices)[1].copy_cost
    assert plan_of(facts(), prices=prices, sets=["scan.consistentRead=true"])[1].copy_cost == 2 * once


def test_following_costs_each_day_and_nothing_without_streams():
    prices = Prices(0.0, 1.0, 0.0)
    assert plan_of(facts(), prices=prices)[1].day_cost == pytest.approx(100 * 86_400 / 1e6)
    assert plan_of(facts(), prices=prices, sets=["mode=full"])[1].day_cost == 0


def test_no_table_gives_a_plan_of_nothing():
    tables, plan = plan_of()
    assert (tables, plan.hours, plan.rate, plan.hours_at_rate) == ({}, 0, 0, 0)


GIVEN = "date: 2026-01-31\nmillion_read_units: 1\nmillion_stream_reads: 2.5\nslot_hour: 0\n"


def test_prices_are_read_from_a_file_with_their_date(tmp_path):
    file = tmp_path / "prices.yaml"
    file.write_text(GIVEN + "region: eu-west-1\n")
    given = read_prices(str(file))
    assert (given.region, given.prices) == ("eu-west-1", (1.0, 2.5, 0.0))
    assert given.entries["slot_hour"] == (0.0, "2026-01-31", str(file), False)


def test_each_built_in_price_has_a_source_and_a_date_of_its_own():
    for price in read_prices().entries.values():
        assert price.source != "prices.yaml"
        assert price.date >= "2026-11-30"


def test_a_price_with_details_keeps_them_and_overrides_the_date_of_the_file():
    text = GIVEN.replace(
        "slot_hour: 0", "slot_hour: {usd: 0.09, date: 2026-02-01, source: ours, check: true}"
    )
    assert price_list(text, "prices.yaml").entries["slot_hour"] == (0.09, "2026-02-01", "ours", True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GIVEN.replace("date: 2026-01-31\n", ""), "date"),
        (GIVEN.replace("2026-01-31", "soon"), "date"),
        (GIVEN.replace("slot_hour: 0", "slot_hour: much"), "slot_hour"),
        (GIVEN.replace("slot_hour: 0\n", ""), "slot_hour"),
        (GIVEN.replace("slot_hour: 0", "slot_hour: -1"), "slot_hour"),
        (GIVEN + "slot_minute: 1\n", "slot_minute"),
        (GIVEN.replace("slot_hour: 0", "slot_hour: {usd: 1, note: x}"), r"slot_hour\.note"),
        (GIVEN.replace("slot_hour: 0", "slot_hour: {source: x}"), r"slot_hour\.usd"),
        (GIVEN.replace("slot_hour: 0", "slot_hour: {usd: 1, check: maybe}"), r"slot_hour\.check"),
        (GIVEN.replace("slot_hour: 0", "slot_hour: {usd: 1, date: soon}"), r"slot_hour\.date"),
        ("[]", "mapping"),
        ("a: [", "YAML"),
    ],
)
def test_a_price_that_is_missing_or_wrong_is_named(text, said):
    with pytest.raises(ConfigError, match=said):
        price_list(text, "prices.yaml")


def test_a_file_that_does_not_exist_is_named():
    with pytest.raises(ConfigError, match="nowhere"):
        read_prices("/nowhere")
