import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Callable, List

import pytest

from local.traffic import Client, Ledger, Plan, Traffic, create_tables, load, measure_latency
from local.traffic.items import item_of
from local.traffic.plan import SHAPES, Table
from local.traffic.requests import encode
from local.verify import check, compare, compare_until_equal, expected_state
from local.verify.tables import table_names
from tests.integration.traffic.conftest import CREDENTIALS

MakePlan = Callable[..., Plan]


@pytest.fixture
def plan() -> MakePlan:
    def make(**settings: object) -> Plan:
        return Plan(**{"items": 600, "prefix": f"t{uuid.uuid4().hex[:8]}_", **settings})  # type: ignore[arg-type]

    return make


def names(plan: Plan) -> List[str]:
    return [table.name for table in plan.all_tables]


def ready(client: Client, plan: Plan, path: str) -> Ledger:
    create_tables(client, plan)
    ledger = Ledger.open(path, plan)
    load(client, plan, ledger)
    return ledger


def command(url: str, plan: Plan, ledger: str, *more: str) -> List[str]:
    shape = ["--tables", str(plan.tables), "--items", str(plan.items), "--prefix", plan.prefix]
    options = ["--endpoint", url, *shape, "--ledger", ledger, *more]
    return [sys.executable, "-m", "local.traffic", *options]


def test_a_loaded_server_has_the_contents_of_the_ledger_for_every_kind_of_table(
    source: Client, plan: MakePlan, tmp_path: Path
) -> None:
    made = plan(tables=len(SHAPES), large_share=0.01)
    ready(source, made, str(tmp_path / "l"))
    verdict = check(source, str(tmp_path / "l"))
    assert verdict.equal, str(verdict)
    assert sum(table.expected for table in verdict.tables) == 600


def test_after_traffic_the_server_has_the_contents_of_the_ledger(
    source: Client, plan: MakePlan, tmp_path: Path
) -> None:
    made, path = plan(tables=len(SHAPES)), str(tmp_path / "l")
    traffic = Traffic(source, made, ready(source, made, path), rate=300).start()
    wait_for_writes(traffic, 600)
    stats = traffic.stop()
    assert (stats.not_applied, stats.unknown) == (0, 0), stats.line()
    assert set(stats.kinds) == {"put", "update", "delete"}
    verdict = check(source, path)
    assert verdict.equal, str(verdict)
    touched = sum(len(keys) for keys in expected_state(path).values())
    assert 0 < touched <= stats.applied


def test_a_second_run_continues_the_ledger_of_the_first(
    source: Client, plan: MakePlan, tmp_path: Path
) -> None:
    made, path = plan(items=60), str(tmp_path / "l")
    ready(source, made, path).close()
    for _ in range(2):
        ledger = Ledger.open(path, made)
        traffic = Traffic(source, made, ledger, rate=200).start()
        wait_for_writes(traffic, 100)
        traffic.stop()
        ledger.close()
    verdict = check(source, path)
    assert verdict.equal, str(verdict)


def test_the_comparison_with_the_ledger_finds_a_single_unknown_write(
    source: Client, plan: MakePlan, tmp_path: Path
) -> None:
    made, path = plan(tables=1, items=50), str(tmp_path / "l")
    ready(source, made, path)
    table = made.all_tables[0]
    put(source, table, item_of(made, table, 7, 99))
    verdict = check(source, path)
    assert [each.different for each in verdict.tables] == [1]


def test_the_ledger_of_a_killed_generator_is_valid(
    servers: List[str], source: Client, plan: MakePlan, tmp_path: Path
) -> None:
    made, path = plan(), str(tmp_path / "l")
    ready(source, made, path).close()
    env = {**os.environ, **CREDENTIALS}
    process = subprocess.Popen(command(servers[0], made, path, "--rate", "400", "run"), env=env)
    wait_for_lines(path, 200)
    process.kill()
    process.wait()
    verdict = check(source, path)
    assert verdict.equal, str(verdict)


def test_sigterm_ends_a_run_regularly(
    servers: List[str], source: Client, plan: MakePlan, tmp_path: Path
) -> None:
    made, path = plan(), str(tmp_path / "l")
    ready(source, made, path).close()
    env = {**os.environ, **CREDENTIALS}
    process = subprocess.Popen(command(servers[0], made, path, "run"), env=env, stdout=subprocess.PIPE)
    wait_for_lines(path, 50)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert b"0 of unknown outcome" in output
    assert all(len(keys.accepted) == 1 for table in expected_state(path).values() for keys in table.values())


def test_the_commands_create_load_run_and_verify(
    servers: List[str], source: Client, plan: MakePlan, tmp_path: Path
) -> None:
    made, path = plan(items=100), str(tmp_path / "l")
    env = {**os.environ, **CREDENTIALS}
    for step in (["create"], ["load"], ["--seconds", "1", "run"]):
        assert subprocess.run(command(servers[0], made, path, *step), env=env, check=False).returncode == 0
    verify = [sys.executable, "-m", "local.verify", "--target", servers[0], "--ledger", path]
    assert subprocess.run(verify, env=env, check=False).returncode == 0
    table = made.all_tables[0]
    put(source, table, item_of(made, table, 3, 999))
    assert subprocess.run(verify, env=env, check=False).returncode == 1
    unreachable = [sys.executable, "-m", "local.verify", "--target", servers[0], "--ledger", path + "x"]
    assert subprocess.run(unreachable, env=env, check=False).returncode == 2


def test_two_sides_with_the_same_load_are_equal_and_each_kind_of_difference_is_found(
    source: Client, target: Client, plan: MakePlan
) -> None:
    made = plan(items=300)
    for side in (source, target):
        create_tables(side, made, stream=False)
        load(side, made)
    table = made.all_tables[0]
    assert compare(source, target, names(made)).equal
    put(target, table, {**item_of(made, table, 1, 0), "price": {"S": "1"}})
    put(source, table, {**item_of(made, table, 1, 0), "price": {"N": "1"}})
    put(source, table, item_of(made, table, 1001, 0))
    put(target, table, item_of(made, table, 1002, 0))
    verdict = compare(source, target, names(made))
    first = verdict.tables[0]
    assert (first.missing, first.extra, first.different, first.twice) == (1, 1, 1, 0)
    assert 'price: {"N":"1"} / {"S":"1"}' in str(verdict)
    assert [each.equal for each in verdict.tables] == [False, True, True]


def test_a_table_that_is_absent_or_keyed_otherwise_is_reported(
    source: Client, target: Client, plan: MakePlan
) -> None:
    made = plan(items=0)
    create_tables(source, made)
    orders, sessions, _ = made.all_tables
    schema = [{"AttributeName": "customer", "KeyType": "HASH"}]
    kinds = [{"AttributeName": "customer", "AttributeType": "S"}]
    other = {"TableName": orders.name, "KeySchema": schema, "AttributeDefinitions": kinds}
    target.ask("CreateTable", {**other, "BillingMode": "PAY_PER_REQUEST"})
    verdict = compare(source, target, [orders.name, sessions.name])
    assert "primary keys differ" in verdict.tables[0].problem
    assert verdict.tables[1].problem == "absent on the target"
    assert not verdict.equal


def test_by_default_every_table_of_the_source_is_compared(source: Client, plan: MakePlan) -> None:
    made = plan(items=30)
    create_tables(source, made)
    load(source, made)
    mine = [table for table in compare(source, source).tables if table.table in names(made)]
    assert len(mine) == 3
    assert all(each.equal for each in mine)
    assert set(names(made)) <= set(table_names(source))


def test_waiting_for_equality_sees_a_late_write(source: Client, target: Client, plan: MakePlan) -> None:
    made = plan(tables=1, items=10)
    for side in (source, target):
        create_tables(side, made)
    load(source, made)
    assert not compare_until_equal(source, target, names(made), patience=0.5).equal
    load(target, made)
    assert compare_until_equal(source, target, names(made), patience=10).equal


def test_tables_are_created_once_with_stream_indexes_and_ttl(source: Client, plan: MakePlan) -> None:
    made = plan(guide=True)
    create_tables(source, made, stream=False)
    create_tables(source, made)
    described = [source.ask("DescribeTable", {"TableName": name})["Table"] for name in names(made)]
    assert all(each["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES" for each in described)
    assert len(described[0]["GlobalSecondaryIndexes"]) == len(described[0]["LocalSecondaryIndexes"]) == 1
    ttl = source.ask("DescribeTimeToLive", {"TableName": names(made)[1]})["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "expires")


def test_the_latency_probe_measures_and_leaves_nothing_behind(source: Client, plan: MakePlan) -> None:
    made = plan(items=30)
    create_tables(source, made)
    for table in made.all_tables:
        started = time.monotonic()
        measured = measure_latency(source, source, table.name, count=5, rate=50)
        assert len(measured) == 5
        assert all(0 < each < time.monotonic() - started for each in measured)
        assert source.ask("Scan", {"TableName": table.name})["Count"] == 0


def put(client: Client, table: Table, item: object) -> None:
    client.call("PutItem", encode({"TableName": table.name, "Item": item}))


def wait_for_writes(traffic: Traffic, count: int) -> None:
    deadline = time.monotonic() + 240
    while traffic.stats().applied < count:
        assert time.monotonic() < deadline, traffic.stats().line()
        if traffic.wait(0.05):
            traffic.stop()
            raise AssertionError(traffic.stats().line())


def wait_for_lines(path: str, count: int) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        if Path(path).read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} did not grow to {count} lines")
