"""Each step of the rollback, passed and refused."""

import pytest

from connectors.check.report.summary import Verdict
from connectors.command.cutover import forward_steps
from tests.fakes.flink import FakeJob
from tests.unit.connectors.command.cutover.bench import Bench


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path, "rollback")


def test_the_whole_rollback_ends_with_switch_back_now(bench):
    assert bench.run() == 0
    assert bench.last.saw.startswith("SWITCH BACK NOW")
    assert bench.runner.ran == ["check reverse", "forward"]
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
    assert (bench.runner.ran, bench.flink.stopped) == (["check reverse", "forward"], ["r1"])


def test_a_dry_run_changes_nothing(tmp_path):
    bench = Bench(tmp_path, "rollback", dry_run=True)
    assert bench.run() == 0
    assert (bench.runner.ran, bench.flink.stopped, list(tmp_path.iterdir())) == ([], [], [])


def test_the_forward_job_follows_before_the_application_switches_back(bench):
    bench.run()
    steps = [entry.step for entry in bench.record.log]
    assert steps[-3:] == ["stop", "forward", "switch"]
    assert bench.record.forward == "f1"
    assert "forward job f1 runs; 1 table live" in bench.record.log[-2].saw
    assert "- forward job: f1" in bench.page


def test_a_forward_job_that_has_not_caught_up_is_waited_for(bench):
    submit = bench.runner.submit

    def slowly(job):
        submitted = submit(job)
        bench.flink.known[submitted].tables["orders"]["shardsReading"] = 0
        return submitted

    bench.runner.submit = slowly
    assert bench.run() == 1
    assert (bench.last.step, "no shard of orders is being read" in bench.last.saw) == ("forward", True)
    bench.flink.known["f1"].tables["orders"]["shardsReading"] = 1
    assert bench.run() == 0
    assert bench.runner.ran.count("forward") == 1


def test_a_forward_job_that_fails_is_refused_with_its_failure(bench):
    def fails(job):
        bench.flink.known["f1"] = FakeJob("f1", "polarshake forward", "FAILED")
        bench.flink.known["f1"].failure = "the target refuses the credentials"
        return "f1"

    bench.runner.submit = fails
    assert bench.run() == 1
    assert (bench.last.step, "refuses the credentials" in bench.last.saw) == ("forward", True)


def test_a_forward_job_is_not_started_while_the_reverse_job_runs(bench):
    context = bench.context()
    verdict = forward_steps.follows(context)
    assert (verdict.ok, bench.runner.ran) == (False, [])
    assert "the reverse job has not been stopped" in verdict.saw


def test_a_forward_job_that_runs_already_is_accepted(bench):
    bench.run("stop")
    bench.runner.submit("forward")
    bench.runner.ran.clear()
    assert bench.run() == 0
    assert bench.runner.ran == []


def test_after_the_switch_no_second_forward_job_is_started(bench):
    bench.run()
    del bench.flink.known["f1"]
    assert bench.run() == 0
    assert bench.runner.ran.count("forward") == 1


@pytest.mark.parametrize(
    ("option", "code", "said"),
    [("follow", 0, "no forward job is to be started"), ("run_jobs", 1, "no forward job runs")],
)
def test_without_forward_and_with_no_run_no_forward_job_is_started(tmp_path, option, code, said):
    bench = Bench(tmp_path, "rollback")
    bench.run("stop")
    bench.options = bench.options._replace(**{option: False})
    assert bench.run("forward") == code
    assert said in bench.last.saw
    assert "forward" not in bench.runner.ran
