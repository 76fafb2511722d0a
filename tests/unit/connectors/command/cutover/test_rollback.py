"""Each step of the rollback, passed and refused."""

import pytest

from connectors.check.report.summary import Verdict
from tests.unit.connectors.command.cutover.bench import Bench


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path, "rollback")


def test_the_whole_rollback_ends_with_switch_back_now(bench):
    assert bench.run() == 0
    assert bench.last.saw.startswith("SWITCH BACK NOW")
    assert bench.runner.ran == ["check reverse"]
    assert bench.flink.stopped == ["r1"]
    assert "# Rollback" in bench.page


def test_a_slot_that_no_job_reads_is_refused(bench):
    bench.slots.read(None)
    assert bench.run() == 1
    assert "is not active" in bench.last.saw


def test_without_a_running_reverse_job_the_rollback_is_refused(bench):
    bench.flink.known.clear()
    assert bench.run() == 1
    assert "no job `polarshake reverse` runs" in bench.last.saw


def test_continuing_writes_to_polardb_are_refused(bench):
    bench.streams.before_look = bench.streams.write
    assert bench.run() == 1
    assert (bench.last.step, "orders +1" in bench.last.saw) == ("quiet", True)


def test_a_slot_that_does_not_reach_the_end_of_the_log_is_refused(bench):
    bench.slots.end = lambda: 2048
    assert bench.run() == 1
    assert (bench.last.step, "before 0/800" in bench.last.saw) == ("slot", True)


def test_a_check_of_the_forward_direction_is_not_accepted(bench):
    bench.run("slot")
    bench.runner.check("forward")
    bench.runner.ran.clear()
    assert bench.run("last-check") == 0
    assert bench.runner.ran == ["check reverse"]


def test_after_a_check_with_differences_no_job_is_stopped(bench):
    bench.runner.verdict = Verdict.DIFFERENT
    assert bench.run() == 1
    assert (bench.last.step, bench.flink.stopped) == ("last-check", [])


def test_a_savepoint_that_cannot_be_taken_leaves_the_reverse_job_running(bench):
    bench.flink.refuses_savepoints = True
    assert bench.run() == 1
    assert (bench.last.step, bench.job.state) == ("stop", "RUNNING")


def test_a_second_run_repeats_no_action(bench):
    bench.run()
    bench.slots.read(None)
    assert bench.run() == 0
    assert (bench.runner.ran, bench.flink.stopped) == (["check reverse"], ["r1"])


def test_a_dry_run_changes_nothing(tmp_path):
    bench = Bench(tmp_path, "rollback", dry_run=True)
    assert bench.run() == 0
    assert (bench.runner.ran, bench.flink.stopped, list(tmp_path.iterdir())) == ([], [], [])
