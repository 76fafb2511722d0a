"""A table's stage and a job's progress, from answers of the REST API."""

import json
from pathlib import Path

import pytest

from connectors.command.progress.metrics import JobMetrics, parse
from connectors.command.progress.read import LIVE_WITHIN, failure, interval_seconds, progress, stage, table
from connectors.command.progress.snapshot import Stage
from connectors.model.steps import BEFORE, FIRST_FOLLOW, FIRST_SCAN

RECORDED = Path(__file__).parent / "recorded"
COMPLETED = {"end_to_end_duration": 15, "state_size": 20_506}
SCANNING = {"phase": 3, "generation": 1, "segments": 4, "segmentsDone": 1, "expectedItems": 1000}


def recorded(name):
    return json.loads((RECORDED / f"{name}.json").read_text())


def job(tables=None):
    metrics = JobMetrics(tables, {}) if tables is not None else parse(recorded("metrics"))
    return progress(recorded("job"), recorded("checkpoints"), recorded("restarts"), metrics)


@pytest.mark.parametrize("phase", [0, 1, 2])
def test_a_table_is_being_prepared_until_its_segments_are_handed_out(phase):
    assert stage({**SCANNING, "phase": phase}) is Stage.PREPARING


def test_a_table_is_scanned_until_its_last_segment_is_done_whatever_its_lag():
    assert stage({**SCANNING, "lagSeconds": 0}) is Stage.SCANNING
    assert stage({**SCANNING, "segmentsDone": 3, "lagSeconds": 0}) is Stage.SCANNING


def test_a_copied_table_is_live_only_within_the_lag_allowed():
    copied = {**SCANNING, "segmentsDone": 4}
    assert stage({**copied, "lagSeconds": LIVE_WITHIN}) is Stage.LIVE
    assert stage({**copied, "lagSeconds": LIVE_WITHIN + 1}) is Stage.CATCHING_UP


@pytest.mark.parametrize("step", [FIRST_FOLLOW, FIRST_FOLLOW + 1, FIRST_FOLLOW + 4])
def test_a_table_whose_scan_is_paused_catches_up_and_still_shows_how_far_its_scan_is(step):
    paused = table("orders", {**SCANNING, "step": step, "lagSeconds": 1, "scannedItems": 430})
    assert (paused.stage, paused.share, paused.scanned_whole) == (Stage.CATCHING_UP, 0.43, False)


@pytest.mark.parametrize("step", [BEFORE, FIRST_SCAN, FIRST_SCAN + 1, FIRST_SCAN + 4])
def test_a_table_in_a_step_that_scans_is_scanned(step):
    found = table("orders", {**SCANNING, "step": step, "lagSeconds": 1})
    assert (found.stage, found.follows) == (Stage.SCANNING, False)


def test_a_copied_table_is_not_live_before_it_follows_however_low_its_lag():
    copied = {**SCANNING, "segmentsDone": 4, "lagSeconds": 1}
    assert stage({**copied, "step": FIRST_SCAN}) is Stage.CATCHING_UP
    assert stage({**copied, "step": FIRST_FOLLOW}) is Stage.LIVE


def test_while_a_table_is_scanned_its_changes_wait():
    waiting = {**SCANNING, "step": FIRST_SCAN, "lagSeconds": 42}
    assert table("orders", waiting).changes_wait == 42
    assert table("orders", {**waiting, "step": FIRST_FOLLOW}).changes_wait is None
    assert table("orders", {**SCANNING, "lagSeconds": 42}).changes_wait is None


def test_a_table_without_a_stream_ends_as_copied():
    assert stage({**SCANNING, "segmentsDone": 4}) is Stage.COPIED


def test_a_table_that_is_not_scanned_goes_straight_to_its_stream():
    followed = {"phase": 2, "generation": 0, "segments": 0}
    assert stage(followed) is Stage.CATCHING_UP
    assert stage({**followed, "lagSeconds": 1}) is Stage.LIVE
    assert stage({**followed, "phase": 1}) is Stage.PREPARING


def test_metrics_that_are_not_there_yet_leave_a_table_in_preparation():
    assert stage({}) is Stage.PREPARING
    assert stage({"lagSeconds": 0}) is Stage.PREPARING


@pytest.mark.parametrize(
    ("numbers", "found"),
    [({"lagSeconds": 2}, Stage.LIVE), ({"lagSeconds": 60}, Stage.CATCHING_UP), ({}, Stage.CATCHING_UP)],
)
def test_a_table_read_from_a_slot_is_live_or_catching_up(numbers, found):
    metrics = JobMetrics({"orders": {"read": 5, **numbers}}, {}, {"flink_slot": {"slotActive": 1}})
    running = progress(recorded("job"), recorded("checkpoints"), recorded("restarts"), metrics)
    assert running.tables["orders"].stage is found


def test_the_share_is_of_the_items_expected():
    assert table("orders", {**SCANNING, "scannedItems": 430}).share == 0.43


def test_more_items_than_expected_never_look_complete_before_the_last_segment():
    assert table("orders", {**SCANNING, "scannedItems": 5000}).share == 0.99


def test_without_an_estimate_the_share_is_that_of_the_segments():
    assert table("orders", {**SCANNING, "expectedItems": 0}).share == 0.25


def test_fewer_items_than_expected_are_complete_with_the_last_segment():
    assert table("orders", {**SCANNING, "scannedItems": 3, "segmentsDone": 4}).share == 1.0


def test_a_running_job_as_flink_answers():
    running = job()
    assert (running.state, running.restarts) == ("RUNNING", 1)
    assert running.checkpoint is not None
    assert running.checkpoint.bytes > 0
    assert sorted(running.tables) == ["orders", "readings", "sessions"]
    assert all(
        table.scanned > 0 and table.segments == table.segments_done for table in running.tables.values()
    )


def test_a_job_without_tables_is_not_live():
    assert not job({}).live


def test_a_job_is_live_when_its_last_table_is():
    live = {**SCANNING, "segmentsDone": 4, "lagSeconds": 1}
    assert job({"a": live, "b": live}).live
    assert not job({"a": live, "b": SCANNING}).live


def test_before_the_first_checkpoint_none_is_shown():
    first = {"counts": {"completed": 0}, "latest": {"completed": None}}
    running = progress(recorded("job"), first, [], JobMetrics({}, {}))
    assert (running.checkpoint, running.checkpoints, running.restarts) == (None, 0, 0)


def test_a_failure_is_shown_as_polarshakes_own_last_line_without_javas_stack():
    stack = (
        "java.lang.RuntimeException: Error received from SDK harness\n\tat org.apache.Beam\n"
        "Caused by: Traceback (most recent call last):\n  File x\n"
        "connectors.base.errors.GapError: table orders: changes were lost\n\tat java.Thread\n"
    )
    assert failure({"exceptionHistory": {"entries": [{"stacktrace": stack}]}}) == (
        "connectors.base.errors.GapError: table orders: changes were lost"
    )


def test_a_failure_of_flink_itself_shows_its_first_line():
    assert failure({"root-exception": "java.lang.OutOfMemoryError: heap\n\tat x"}) == (
        "java.lang.OutOfMemoryError: heap"
    )


def test_a_job_that_never_failed_has_no_failure():
    assert failure(recorded("exceptions_none")) is None


CHECKED = {**SCANNING, "expectedTargetItems": 1000, "scannedItems": 900, "scannedTargetItems": 300}


def test_a_check_reads_both_sides_and_its_share_is_of_both():
    found = table("orders", CHECKED)
    assert (found.share, found.read_items, found.items_to_read) == (0.6, 1200, 2000)


def test_a_check_settles_what_differed_and_is_done_when_every_lane_is():
    read = {**CHECKED, "segmentsDone": 4}
    assert stage({**CHECKED, "lanesLeft": 4}) is Stage.SCANNING
    assert stage({**read, "lanesLeft": 1}) is Stage.SETTLING
    assert stage({**read, "lanesLeft": 0}) is Stage.COMPARED


def test_target_items_read_by_a_sweep_are_not_counted_as_scanned():
    assert table("orders", {**SCANNING, "scannedItems": 430, "scannedTargetItems": 70}).share == 0.43


@pytest.mark.parametrize(
    ("setting", "seconds"),
    [("1000", 1.0), ("500 ms", 0.5), ("10 s", 10.0), ("1min", 60.0), ("", 10.0), ("soon", 10.0)],
)
def test_the_age_of_metrics_is_read_as_flink_writes_durations(setting, seconds):
    assert interval_seconds(setting) == seconds


def test_a_job_with_a_suspended_table_is_not_live_and_one_with_a_released_table_is():
    live = {**SCANNING, "segmentsDone": 4, "lagSeconds": 1}
    assert job({"orders": live, "other": {"released": 1}}).live
    assert not job({"orders": live, "other": {**live, "suspended": 1}}).live
    assert not job({"other": {"released": 1}}).live
    assert list(job({"orders": live, "other": {**live, "suspended": 1}}).suspended) == ["other"]


@pytest.mark.parametrize(
    ("counts", "latest", "failed"),
    [
        ({"completed": 0, "failed": 4}, {"completed": None, "failed": None}, 0),
        ({"completed": 2, "failed": 21}, {"completed": {**COMPLETED, "id": 2}}, 0),
        ({"completed": 2, "failed": 22}, {"completed": {**COMPLETED, "id": 3}, "failed": {"id": 1}}, 1),
        ({"completed": 2, "in_progress": 1, "failed": 9}, {"completed": {**COMPLETED, "id": 9}}, 6),
        ({"completed": 1, "failed": 2}, {"completed": {**COMPLETED, "id": 500}}, 2),
    ],
    ids=["starting", "started", "one has failed", "one is running", "resumed from a savepoint"],
)
def test_checkpoints_that_flink_refused_to_begin_are_not_failures(counts, latest, failed):
    found = progress(recorded("job"), {"counts": counts, "latest": latest}, [], JobMetrics({}, {}))
    assert found.failed_checkpoints == failed
