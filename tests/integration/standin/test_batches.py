"""BatchWriteItem and BatchGetItem."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, List

import pytest

from tests.integration.standin.conftest import (
    asyncpg_run,
    client_of,
    make_table,
    put_all,
    refused,
    scan_all,
)


def put(key: Any, **attributes: Any) -> Dict[str, Any]:
    return {"PutRequest": {"Item": {"pk": {"S": str(key)}, **attributes}}}


def delete(key: Any) -> Dict[str, Any]:
    return {"DeleteRequest": {"Key": {"pk": {"S": str(key)}}}}


def keys(*numbers: Any) -> List[Any]:
    return [{"pk": {"S": str(number)}} for number in numbers]


def test_puts_and_deletes_of_several_tables_fit_into_one_batch(client: Any) -> None:
    one, two = make_table(client), make_table(client)
    client.batch_write_item(RequestItems={one: [put(i) for i in range(5)], two: [put("x")]})
    client.batch_write_item(
        RequestItems={one: [delete(0), put(1, v={"S": "new"}), delete("none")], two: [delete("x")]}
    )
    found = {item["pk"]["S"]: item for item in scan_all(client, one)}
    assert set(found) == {"1", "2", "3", "4"}
    assert found["1"]["v"] == {"S": "new"}
    assert scan_all(client, two) == []


@pytest.mark.parametrize(
    ("batch", "reason"),
    [
        ([put(i) for i in range(26)], "Too many items"),
        ([put("a"), put("a")], "duplicates"),
        ([put("a"), delete("a")], "duplicates"),
        ([], "at least one request"),
        ([{}], "exactly one of"),
        ([{**put("a"), **delete("b")}], "exactly one of"),
        ([put("a"), put("b", x={"SS": []})], "may not be empty"),
        ([put("a"), put("b", x={"S": "\x00"})], "NUL"),
        ([put("a"), put("")], "empty string value"),
    ],
)  # fmt: skip
def test_a_batch_with_one_wrong_request_writes_nothing(client: Any, batch: Any, reason: str) -> None:
    table = make_table(client)
    error = refused(client.batch_write_item, RequestItems={table: batch})
    assert error.startswith("ValidationException")
    assert reason in error
    assert scan_all(client, table) == []


def test_one_numeric_key_written_two_ways_is_a_duplicate(client: Any) -> None:
    table = make_table(client, "N")
    batch = [{"PutRequest": {"Item": {"pk": {"N": text}}}} for text in ("1", "1.0")]
    assert "duplicates" in refused(client.batch_write_item, RequestItems={table: batch})


def test_a_batch_over_16_megabytes_is_refused(client: Any) -> None:
    from botocore.exceptions import ClientError, HTTPClientError

    table = make_table(client)
    batch = [put(i, x={"B": b"x" * 409_500}) for i in range(25)]
    assert len(batch) * 409_500 * 4 / 3 < 16 * 2**20, "base64 makes it larger, and still it fits"
    client.batch_write_item(RequestItems={table: batch})
    too_large = [put(i, x={"S": "\x01" * 150_000}) for i in range(25)]
    with pytest.raises((ClientError, HTTPClientError)):
        client.batch_write_item(RequestItems={table: too_large})


@pytest.mark.parametrize("mixed", [False, True], ids=["puts only", "puts and deletes"])
def test_parallel_batches_over_the_same_keys_do_not_deadlock(standin: Any, mixed: bool, dsn: str) -> None:
    client = client_of(standin())
    tables = [make_table(client), make_table(client)]

    def write(seed: int) -> None:
        random_ = random.Random(seed)
        batch: Dict[str, List[Any]] = {}
        for key in random_.sample(range(30), 24):
            remove = mixed and random_.random() < 0.5
            request = delete(key) if remove else put(key, seed={"N": str(seed)}, pad={"S": "p" * 500})
            batch.setdefault(random_.choice(tables), []).append(request)
        client.batch_write_item(RequestItems=batch)

    before = deadlocks(dsn)
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(write, range(400)))
    assert deadlocks(dsn) == before


def deadlocks(dsn: str) -> int:
    """Number of deadlocks in the server's log. pg_stat_database is updated too late to prove that there are
    none."""

    async def folder(connection: Any) -> Any:
        return await connection.fetchval("SHOW data_directory")

    return (Path(asyncpg_run(dsn, folder)).parent / "log").read_text().count("deadlock detected")


def test_a_batch_is_visible_completely_or_not_at_all(standin: Any) -> None:
    client = client_of(standin())
    table = make_table(client)

    def write(version: int) -> None:
        client.batch_write_item(RequestItems={table: [put(i, v={"N": str(version)}) for i in range(25)]})

    write(0)
    with ThreadPoolExecutor(4) as threads:
        writes = [threads.submit(write, version) for version in range(1, 100)]
        while not all(each.done() for each in writes):
            found = client.batch_get_item(RequestItems={table: {"Keys": keys(*range(25))}})
            assert len({item["v"]["N"] for item in found["Responses"][table]}) == 1
        for each in writes:
            each.result()


def test_a_batch_get_returns_what_exists_of_each_table(client: Any) -> None:
    one, two = make_table(client), make_table(client)
    put_all(client, one, keys(*range(100)))
    found = client.batch_get_item(
        RequestItems={one: {"Keys": keys(*range(50, 120))}, two: {"Keys": keys("none")}}
    )
    assert {item["pk"]["S"] for item in found["Responses"][one]} == {str(i) for i in range(50, 100)}
    assert found["Responses"][two] == []
    assert found["UnprocessedKeys"] == {}


def test_a_batch_get_accepts_100_different_keys(client: Any) -> None:
    table = make_table(client)
    for wrong, reason in ((keys(*range(101)), "Too many"), (keys(1, 1), "duplicates"), ([], "at least one")):
        assert reason in refused(client.batch_get_item, RequestItems={table: {"Keys": wrong}})
