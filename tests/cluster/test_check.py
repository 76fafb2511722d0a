"""The check while a forward job runs: changes in flight are not differences, damaged items are."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.engine.reader.prefetch import AHEAD
from local.traffic.items import item_of
from local.verify import compare_until_equal
from tests.cluster.checking import JOB, Checking
from tests.cluster.damaging import damaging
from tests.cluster.migration import SEGMENTS, until
from tests.cluster.submitted import Submitted
from tests.cluster.workers import workers


@pytest.fixture
def checking(cluster, tmp_path):
    return lambda moving: Checking(cluster, moving, tmp_path / "report")


def live(moving):
    """Wait until the tables are copied and changes are applied."""
    until(moving.ended, "the scan has ended")
    moving.wait_checkpoint()


BEYOND = 5_000_000
"""First index whose key the traffic does not write."""


def own_items(moving, count):
    """Items that the traffic does not write, by (table, key)."""
    plan = moving.plan
    numbered = [(table, BEYOND + number) for number in range(count) for table in plan.all_tables]
    return [(table, item_of(plan, table, index, 0)) for table, index in numbered[:count]]


def named(table, item):
    key = {name: item[name] for name in table.key_names}
    return table.name, json.dumps(key, sort_keys=True)


def put(client, table, item):
    client.ask("PutItem", {"TableName": table.name, "Item": item})


def damage(moving, sides, count):
    """Damage `count` items in every possible way. Returns the kinds of damage by (table, key)."""
    items, target = own_items(moving, count), damaging(sides.target)
    missing, extra, different = items[0::3], items[1::3], items[2::3]
    for each in [*missing, *different]:
        put(sides.source, *each)
    for each in [*missing, *different]:
        until(lambda each=each: target.has(*each), "the item has come over")
    for harm, items in ((target.remove, missing), (target.add, extra), (target.alter, different)):
        for each in items:
            harm(*each)
    kinds = {"missing": missing, "extra": extra, "different": different}
    return {named(*each): kind for kind, items in kinds.items() for each in items}


def reported(check):
    return {(line["table"], json.dumps(line["key"], sort_keys=True)): line["kind"] for line in check.lines}


@pytest.mark.parametrize("target", ["polardb", "mongodb"], indirect=True)
def test_ten_items_damaged_under_traffic_are_found_and_repaired_and_nothing_else(
    migration, checking, sides, measured, tmp_path
):
    moving = migration(items=1500)
    moving.submit(scan__readLimit__rate="0")
    live(moving)
    damaged = damage(moving, sides, 10)
    check = checking(moving)
    assert check.run(live=True) == 1, check.done.output
    measured("settled", check.summary["totals"]["settled"])
    assert reported(check) == damaged
    keys = tmp_path / "keys.jsonl"
    keys.write_text((check.folder / "report.jsonl").read_text())
    code = check.run("--repair", "--delete-extra", "--keys", str(keys))
    assert code == 0, check.done.output
    measured("repaired", check.summary["repair"])
    assert all(line["repaired"] for line in check.lines)
    moving.stop_traffic()
    verdict = compare_until_equal(sides.source, sides.target, moving.tables, patience=120)
    assert verdict.equal, str(verdict)


@pytest.mark.everyday
def test_a_check_under_traffic_reports_nothing_although_a_worker_of_it_is_killed(
    migration, checking, cluster, measured
):
    moving = migration(items=900)
    moving.submit(scan__readLimit__rate="0")
    live(moving)
    before, forward, check = pages(moving), workers(cluster), checking(moving)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(check.run, live=True, **SLOWLY)
        until(lambda: pages(moving) > before + 40 or running.done(), "the check is under way")
        checks = Submitted(cluster, JOB)
        checks.job_id = job_beside(cluster, moving.job_id)
        checks.wait_checkpoint()
        killed = [each for each in workers(cluster) if each not in forward]
        killed[0].kill()
        checks.wait_restart(1)
        assert running.result() == 0, check.done.output
    measured("settled", check.summary["totals"]["settled"])
    assert check.lines == []
    assert "EQUAL" in check.done.output
    assert {name: check.summary["totals"][name] for name in ("missing", "extra", "different")} == NOTHING
    moving.assert_consistent()


SLOWLY = {"scan__limit": "10", "scan__readLimit__unit": "requests", "scan__readLimit__rate": "8"}
NOTHING = {"missing": 0, "extra": 0, "different": 0}


def pages(moving):
    """Number of answered Scan calls of both sides."""
    return len(moving.sides.reads.done("Scan")) + len(moving.sides.writes.done("Scan"))


def test_a_check_whose_worker_is_killed_resumes_from_its_checkpoint_and_finds_the_missing_item(
    migration, checking, cluster, measured
):
    """Without traffic: then whatever is read a second time was read for the restart."""
    moving = migration(items=1500, traffic=False)
    assert moving.submit(mode="full", detached=False, scan__readLimit__rate="0").exit_code == 0
    [lost, *_] = own_items(moving, 1)
    put(moving.sides.source, *lost)
    check = checking(moving)
    before = pages(moving)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(check.run, **SLOWLY)
        until(lambda: pages(moving) > before + 60, "the check is under way")
        moving.job_id = job_beside(cluster)
        moving.wait_checkpoint()
        at_checkpoint = pages(moving)
        workers(cluster)[0].kill()
        moving.wait_restart(1)
        unkept = pages(moving) - at_checkpoint
        assert running.result() == 1, check.done.output
    assert reported(check) == {named(*lost): "missing"}
    totals = check.summary["totals"]
    assert (totals["source_items"], totals["target_items"], totals["equal"]) == (1501, 1500, 1500)
    read = pages(moving) - before
    once = 2 * 1500 / 10 + 2 * 2 * SEGMENTS * 3
    measured("pages read, at the checkpoint, in all, of a whole check", (at_checkpoint - before, read, once))
    # Pages that the checkpoint lacks: those read since, and those that were buffered but not yet emitted.
    assert read <= once + unkept + 2 * SEGMENTS * 3 * (AHEAD + 1)


def job_beside(cluster, *others):
    """The running job that is not one of `others`."""
    running = [each["jid"] for each in cluster.rest.jobs() if each["state"] == "RUNNING"]
    [job] = set(running) - set(others)
    return job
