"""A table's name as Flink's metrics spell it."""

from __future__ import annotations

from connectors.model.metric_names import metric_name


def test_characters_that_separate_parts_of_a_metrics_name_are_replaced() -> None:
    assert metric_name("app.orders_v1-eu") == "app_orders_v1-eu"
    assert metric_name("a b:c,d") == "a_b_c_d"
