from __future__ import annotations

from typing import Any, Dict

import pytest

from connectors.base.errors import PreflightError
from connectors.dynamodb.tables.compare import (
    index_warnings,
    key_difference,
    require_same_key,
    ttl_warning,
)
from connectors.dynamodb.tables.copy import create_request
from connectors.dynamodb.tables.description import description_of
from tests.unit.connectors.dynamodb.tables.samples import source_table


@pytest.mark.parametrize("other", [{"key": "id"}, {"type_": "N"}])
def test_another_key_is_refused_and_both_are_named(other: Dict[str, str]) -> None:
    target = source_table(**other)
    with pytest.raises(PreflightError) as raised:
        require_same_key(source_table(), target)
    text = str(raised.value)
    assert "table orders" in text
    assert "pk (S, HASH)" in text
    key = target.key_schema.partition
    assert f"the target's is {key.name} ({key.type}, HASH)" in text


def test_an_additional_sort_key_is_another_key() -> None:
    fields: Dict[str, Any] = create_request(source_table())
    fields["KeySchema"].append({"AttributeName": "sk", "KeyType": "RANGE"})
    fields["AttributeDefinitions"].append({"AttributeName": "sk", "AttributeType": "N"})
    target = description_of(fields)
    assert "pk (S, HASH), sk (N, RANGE)" in (key_difference(source_table(), target) or "")


def test_billing_and_status_that_the_target_omits_are_not_differences() -> None:
    source = source_table(indexed=True)
    fields = create_request(source)
    del fields["BillingMode"]
    target = description_of(fields)
    require_same_key(source, target)
    assert index_warnings(source, target) == []


def test_an_index_that_is_missing_at_the_target_is_a_warning_that_names_it() -> None:
    (line,) = index_warnings(source_table(indexed=True), source_table())
    assert "table orders: global index by-state is missing at the target" in line


def test_an_index_that_only_the_target_has_warns_of_items_it_may_refuse() -> None:
    (line,) = index_warnings(source_table(), source_table(indexed=True))
    assert "global index by-state exists only at the target" in line
    assert "refused" in line


@pytest.mark.parametrize("part", ["type", "projection", "key"])
def test_an_index_with_another_type_key_or_projection_is_a_warning(part: str) -> None:
    source = source_table(indexed=True)
    fields = create_request(source)
    index = fields["GlobalSecondaryIndexes"][0]
    if part == "type":
        fields["AttributeDefinitions"][1]["AttributeType"] = "N"
    elif part == "projection":
        index["Projection"] = {"ProjectionType": "ALL"}
    else:
        index["KeySchema"].append({"AttributeName": "pk", "KeyType": "RANGE"})
    (line,) = index_warnings(source, description_of(fields))
    assert "global index by-state is [state (S, HASH)] with INCLUDE ['total'] at the source" in line


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (None, None, None),
        ("ttl", "ttl", None),
        ("ttl", None, "on (attribute ttl) at the source and off at the target."),
        (None, "ttl", "Items may expire on one side only"),
        ("ttl", "other", "on (attribute other) at the target. Items may expire"),
    ],
)
def test_time_to_live_is_compared_by_its_attribute(source: str, target: str, expected: str) -> None:
    warning = ttl_warning("orders", source, target)
    assert warning is None if expected is None else expected in (warning or "")
