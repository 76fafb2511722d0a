"""Ids and values as Flink 1.20 lists them."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.command.progress.metrics import LONGEST, parse, requests, wanted

CHAINED = "worker___stream_key_by_map_operator"
"""An operator and what Flink chains to it: its name, with a comma and a blank, comes with underscores."""


def one(name, *values):
    return {"id": name, "sum": float(sum(values)), "max": float(max(values)), "min": float(min(values))}


def test_only_polarshakes_metrics_are_requested():
    listed = [
        f"{CHAINED}.table.orders.scannedItems",
        f"{CHAINED}.numRecordsIn",
        "worker.retries",
        "numBytesOut",
        "Shuffle.Netty.Input.numBuffersInLocal",
        "worker.table.orders.lagSeconds",
    ]
    assert wanted({"id": name} for name in listed) == [
        "worker.retries",
        "worker.table.orders.lagSeconds",
        f"{CHAINED}.table.orders.scannedItems",
    ]


def test_scanned_items_are_added_over_subtasks_and_the_worst_lag_counts():
    found = parse([one("w.table.orders.scannedItems", 40, 2), one("worker.table.orders.lagSeconds", 1, 9)])
    assert found.tables == {"orders": {"scannedItems": 42, "lagSeconds": 9}}


def test_the_enumerators_gauges_of_a_table_are_not_summed():
    found = parse([one("e.table.orders.segments", 8), one("e.table.orders.expectedItems", 1000)])
    assert found.tables["orders"] == {"segments": 8, "expectedItems": 1000}


def test_the_step_is_the_one_that_the_enumerator_has_ordered():
    assert parse([one("e.table.orders.step", 4)]).tables == {"orders": {"step": 4}}
    assert parse([one("e.table.orders.step", -1)]).tables == {"orders": {"step": -1}}


def test_of_several_measurement_times_the_oldest_is_used():
    assert parse([one("worker.table.orders.measuredAt", 1007, 1002)]).tables == {
        "orders": {"measuredAt": 1002}
    }


def test_metrics_of_replication_slots_are_kept_apart_from_those_of_tables():
    found = parse([one("enumerator.slot.flink_slot.slotLagBytes", 9), one("r.slot.flink_slot.measuredAt", 7)])
    assert (found.slots, found.tables) == ({"flink_slot": {"slotLagBytes": 9, "measuredAt": 7}}, {})


def test_a_table_may_be_named_like_a_metric():
    found = parse([one("worker.table.retries.streamed", 3), one("worker.retries", 5)])
    assert (found.tables, found.job) == ({"retries": {"streamed": 3}}, {"retries": 5})


@given(st.lists(st.text("abc.", min_size=1, max_size=300)))
def test_batches_keep_every_id_in_order_and_fit_the_line_limit_of_flinks_server(ids):
    lots = list(requests(ids))
    assert [each for lot in lots for each in lot] == ids
    assert all(len(",".join(lot)) <= LONGEST for lot in lots)
