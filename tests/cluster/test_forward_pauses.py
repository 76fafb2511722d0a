"""A scan that takes longer than the stream may wait: both take turns, whatever is killed meanwhile."""

from __future__ import annotations

from typing import Callable

from connectors.model.steps import FIRST_SCAN
from local.stack.flink.cluster import FlinkCluster
from tests.cluster.kills import Kills
from tests.cluster.migration import Migration
from tests.cluster.submitted import until

HOLD = {"streams__holdHours": "0.001", "scan__readLimit__rate": "4"}
"""3.6 seconds, of a scan that takes half a minute."""
UNALIGNED = {"execution.checkpointing.unaligned.enabled": "true"}
STEPS_OF_A_TURN = 4


def step(moving: Migration) -> int:
    """The step that all tables have been sent to."""
    rest, job = moving.cluster.rest, moving.job_id
    vertices = rest.get(f"/jobs/{job}")["vertices"]
    enumerator = next(each["id"] for each in vertices if "enumerator" in each["name"])
    shown = rest.get(f"/jobs/{job}/vertices/{enumerator}/subtasks/metrics")
    names = [one["id"] for one in shown if one["id"].endswith(".step")]
    if len(names) < len(moving.tables):
        return FIRST_SCAN
    asked = rest.get(f"/jobs/{job}/vertices/{enumerator}/subtasks/metrics?get={','.join(names)}")
    return min(int(one["max"]) for one in asked)


def test_a_copy_that_pauses_three_times_under_traffic_and_kills_ends_equal(
    migration: Callable[..., Migration], cluster: FlinkCluster, measured: Callable[[str, object], None]
) -> None:
    moving = migration(items=1500)
    moving.options = UNALIGNED
    moving.submit(**HOLD)
    kills = Kills(moving, cluster, measured)
    for turn, kill in enumerate((kills.python_worker, kills.taskmanager, kills.python_worker), start=1):
        until(lambda turn=turn: step(moving) >= STEPS_OF_A_TURN * turn, f"the scan goes on, time {turn}")
        kill()
    assert not moving.ended()
    until(moving.ended, "the scan has ended")
    moving.assert_consistent()
