"""Switches, pages, hash ranges and the order of writes: decisions without a server."""

from __future__ import annotations

import asyncio
from typing import Any, List, Optional

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import ConfigError
from local.standin import switches
from local.standin.database import check_dsn
from local.standin.expressions import Expression, read_update
from local.standin.faults import ApiError
from local.standin.keys import KeyColumn
from local.standin.operations.batches import changes_of, statements_for, within_budget
from local.standin.paging import MOST_PAGE_BYTES, Page, hash_range, read_page
from local.standin.requests import WriteRequest
from local.standin.schema import AttributeDefinition, Definition, KeyElement
from local.standin.tables import table_of


def test_switches_have_polardbs_behaviour_by_default() -> None:
    assert switches.parse([]) == switches.Switches()
    chosen = switches.parse(["atomic-batches=off", "misname-unprocessed-keys=on"])
    assert (chosen.atomic_batches, chosen.misname_unprocessed_keys, chosen.short_pages) == (False, True, True)


@pytest.mark.parametrize(
    "setting", ["atomic-batches", "atomic-batches=yes", "unknown=on", "atomic_batches=on"]
)
def test_a_wrong_switch_lists_what_is_allowed(setting: str) -> None:
    with pytest.raises(ConfigError, match="Allowed"):
        switches.parse([setting])


@pytest.mark.parametrize(
    "dsn", ["postgresql://u:secret@h/", "postgresql://u@h/?password=secret", "mysql://h/"]
)
def test_a_dsn_with_a_password_or_of_another_database_is_refused(dsn: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_dsn(dsn)
    assert "secret" not in str(caught.value)


@given(st.integers(1, 1_000_000))
def test_segments_cover_every_hash_once(total: int) -> None:
    assert hash_range(0, total)[0] == -(2**63)
    assert hash_range(total - 1, total)[1] == 2**63 - 1
    for segment in (0, total // 2, total - 2):
        if 0 <= segment < total - 1:
            assert hash_range(segment, total)[1] + 1 == hash_range(segment + 1, total)[0]


def page_of(sizes: List[int], limit: Optional[int]) -> Page:
    """Reads a page from documents of these sizes."""
    documents = [b"%08d" % i + b"x" * size for i, size in enumerate(sizes)]

    async def fetch(after: Optional[bytes], count: int) -> List[bytes]:
        start = 0 if after is None else int(after[:8]) + 1
        return documents[start : start + count]

    return asyncio.run(read_page(fetch, limit))


@given(
    sizes=st.lists(st.integers(0, 300_000) | st.integers(0, 50), max_size=250),
    limit=st.none() | st.integers(1, 300),
)
def test_a_page_is_a_prefix_that_ends_for_a_reason(sizes: List[int], limit: Optional[int]) -> None:
    page = page_of(sizes, limit)
    count = len(page.documents)
    assert [int(document[:8]) for document in page.documents] == list(range(count))
    full = sum(map(len, page.documents)) >= MOST_PAGE_BYTES or count == limit
    assert sum(map(len, page.documents[:-1])) < MOST_PAGE_BYTES
    assert (page.last is not None) == full
    assert full or count == len(sizes)


TABLE = table_of(
    Definition(
        "t", [KeyElement("pk", "HASH")], [AttributeDefinition("pk", "N")], TableId="id", created=0.0
    )
)  # fmt: skip


@given(st.dictionaries(st.integers(-99, 99), st.booleans(), min_size=1, max_size=25))
def test_statements_of_a_batch_go_through_its_keys_in_ascending_order(wanted: Any) -> None:
    requests = [
        {
            "DeleteRequest" if delete else "PutRequest": {
                "Key" if delete else "Item": {"pk": {"N": str(number)}}
            }
        }
        for number, delete in wanted.items()
    ]
    changes = changes_of(TABLE, msgspec.json.decode(msgspec.json.encode(requests), type=List[WriteRequest]))
    statements = statements_for(TABLE, changes)
    touched = [(int(key), sql == TABLE.sql.delete) for sql, keys, *_ in statements for key in keys]
    assert touched == sorted(wanted.items())


@given(st.lists(st.binary(max_size=9)), st.integers(0, 60))
def test_items_that_do_not_fit_into_an_answer_are_returned_as_unprocessed_keys(
    documents: List[bytes], budget: int
) -> None:
    fitting, left = within_budget(list(enumerate(documents)), budget)
    assert sum(map(len, fitting)) <= budget
    assert fitting == documents[: len(fitting)]
    assert left == list(range(len(fitting), len(documents)))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "can not be empty"),
        ("SET a = :v SET b = :v", "token: SET"),
        ("SET a = :v, a = :v", "overlap"),
        ("SET a = :v REMOVE a", "overlap"),
        ("SET pk = :v", "part of the key"),
        ("REMOVE pk", "part of the key"),
        ("ADD a :v", "does not implement ADD"),
        ("SET a.b = :v", "nested paths"),
        ("SET a[0] = :v", "nested paths"),
        ("SET a = a + :v", "anything but a :value"),
        ("SET a = :w", ":w is not in"),
        ("SET #a = :v", "#a is not in"),
        ("SET a :v", "Syntax error; token: :v"),
        ("SET a = :v b", "token: B"),
        ("REMOVE a", "unused in expressions: keys: {:v}"),
    ],
)
def test_an_update_that_is_not_understood_is_refused(text: str, reason: str) -> None:
    values = {":v": {"S": "x"}} if ":v" in text + reason else {}
    expression = Expression("UpdateExpression", text, {}, values)
    with pytest.raises(ApiError) as caught:
        read_update(expression, [KeyColumn("pk", "S", 2048)])
    assert reason in caught.value.message
