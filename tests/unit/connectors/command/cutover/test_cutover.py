"""Each step of the cut-over, passed and refused."""

import pytest

from connectors.base.errors import TransientError
from connectors.base.table_fault import FaultKind
from connectors.check.report.summary import Verdict
from connectors.command.cutover import stop_steps
from tests.fakes.cutover import slot, summary
from tests.fakes.flink import FakeJob
from tests.unit.connectors.command.cutover.bench import T0, Bench


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def outcomes(bench):
    return [(entry.step, entry.outcome) for entry in bench.record.log]


def test_the_whole_cut_over_ends_with_switch_now(bench):
    assert bench.run() == 0
    assert bench.last.saw.startswith("SWITCH NOW: point the application at the other side")
    assert bench.runner.ran == ["check forward", "check forward", "reverse"]
    assert bench.flink.stopped == ["f1"]
    assert [outcome for _, outcome in outcomes(bench)] == ["done"] * 8


def test_no_line_is_wider_than_80_columns(bench):
    bench.run()
    assert max(len(line) for text in bench.said for line in text.splitlines()) <= 80


def test_a_recent_check_is_not_run_again(bench):
    bench.reports.summary = summary(T0 - 3600)
    assert bench.run("check") == 0
    assert bench.runner.ran == []


def test_a_check_that_is_too_old_is_run_again(bench):
    bench.reports.summary = summary(T0 - 90_000)
    assert bench.run("check") == 0
    assert bench.runner.ran == ["check forward"]


def test_a_check_with_differences_stops_the_cut_over(bench):
    bench.reports.summary = summary(T0 - 60, Verdict.DIFFERENT, different=3)
    assert bench.run() == 1
    assert "3 differ" in bench.last.saw
    assert "--repair" in bench.last.do
    assert bench.runner.ran == []


def test_the_error_of_a_check_that_failed_is_shown_in_the_refusal(bench):
    bench.runner.fails = True
    assert bench.run() == 1
    assert "no route" in bench.last.saw


def test_a_report_that_the_workers_wrote_elsewhere_is_noticed(bench):
    bench.runner.check = lambda direction: None
    assert bench.run() == 1
    assert "--report" in bench.last.do


def test_with_no_run_the_command_to_start_the_job_is_shown(tmp_path):
    bench = Bench(tmp_path, run_jobs=False)
    assert bench.run() == 1
    assert "flink run -py jobs/check.py" in bench.last.do


def test_continuing_writes_are_refused_with_the_names_of_their_tables(bench):
    bench.streams.before_look = bench.streams.write
    assert bench.run() == 1
    assert bench.last.step == "quiet"
    assert "orders +1" in bench.last.saw
    assert bench.record.quiet is None


def test_the_step_waits_until_the_writes_have_stopped(bench):
    bench.streams.before_look = lambda: bench.streams.write() if bench.now < T0 + 40 else None
    assert bench.run("quiet") == 0
    assert bench.record.quiet.since >= T0 + 39
    assert bench.record.quiet.through - bench.record.quiet.since >= 30


def test_a_job_whose_read_position_is_unknown_is_refused(bench):
    bench.streams.blind = True
    assert bench.run() == 1
    assert "no metric has shown how far the job has read" in bench.last.saw


@pytest.mark.parametrize("state", ["FAILED", "RESTARTING"])
def test_a_job_that_does_not_run_is_refused_with_its_failure(bench, state):
    bench.streams.state, bench.job.failure = state, "GapError: changes were lost"
    assert bench.run() == 1
    assert "GapError" in bench.last.saw


def test_without_a_running_forward_job_the_cut_over_is_refused(bench):
    bench.flink.known.clear()
    assert bench.run() == 1
    assert "no job `polarshake forward` runs" in bench.last.saw


def test_of_several_forward_jobs_one_must_be_named(bench):
    bench.flink.known["f2"] = FakeJob("f2", "polarshake forward")
    assert bench.run() == 1
    assert "--job" in bench.last.saw
    bench.options = bench.options._replace(job="f1")
    assert bench.run("quiet") == 0


@pytest.mark.parametrize(
    ("changed", "saw"),
    [
        ({"lagSeconds": 300}, "orders is catching up (lag 300 s)"),
        ({"segmentsDone": 0}, "orders is scanning"),
        ({"segmentsDone": 0, "step": 2}, "orders is catching up"),
        ({"shardsReading": 0}, "no shard of orders"),
    ],
)
def test_a_table_that_has_not_caught_up_is_refused(bench, changed, saw):
    bench.job.tables["orders"].update(changed)
    assert bench.run() == 1
    assert (bench.last.step, saw in bench.last.saw) == ("lag", True)


def test_a_suspended_table_refuses_the_cut_over_with_its_reason_and_the_ways_out(bench):
    bench.job.tables["users"] = {
        **bench.job.tables["orders"],
        "suspended": 1,
        "suspendedReason": FaultKind.GAP,
    }
    assert bench.run() == 1
    assert bench.last.step == "lag"
    assert "users is suspended: changes left the stream" in bench.last.saw
    assert "tables.rescan: [users@1]" in bench.last.do


def test_a_released_table_is_not_waited_for_and_is_named(bench):
    bench.job.tables["users"] = {"released": 1, "lagSeconds": 9999}
    assert bench.run("lag") == 0
    assert "released, so not moved: users" in bench.last.saw


def test_a_job_that_shows_no_table_is_refused(bench):
    bench.job.tables = {}
    assert bench.run() == 1
    assert "no table" in bench.last.saw


def test_dead_letters_are_reported_and_do_not_refuse_the_step(bench):
    bench.job.tables["orders"]["deadLetters"] = 2
    assert bench.run("lag") == 0
    assert "orders 2" in bench.last.saw


def test_the_last_check_must_have_begun_after_the_writes_stopped(bench):
    bench.run("lag")
    bench.reports.summary = summary(bench.record.quiet.through - 2)
    bench.runner.ran.clear()
    assert bench.run("last-check") == 0
    assert bench.runner.ran == ["check forward"]


def test_after_a_last_check_with_differences_no_job_is_stopped(bench):
    bench.run("lag")
    bench.runner.verdict = Verdict.DIFFERENT
    assert bench.run() == 1
    assert (bench.last.step, bench.flink.stopped) == ("last-check", [])


def test_a_write_during_the_last_check_invalidates_it(bench):
    bench.run("lag")
    bench.runner.during_check = bench.streams.write
    assert bench.run() == 1
    assert (bench.last.step, "orders +1" in bench.last.saw) == ("last-check", True)
    assert bench.record.check == ""


def test_after_a_write_before_the_stop_the_steps_are_repeated(bench):
    assert bench.run("last-check") == 0
    bench.streams.write()
    assert bench.run() == 0
    assert bench.runner.ran.count("check forward") == 3
    assert bench.record.quiet.changes == {"orders": 6}


def test_the_stop_itself_is_refused_after_a_write(bench):
    bench.run("last-check")
    context = bench.context()
    bench.streams.write()
    verdict = stop_steps.stop(context)
    assert not verdict.ok
    assert "orders +1" in verdict.saw
    assert bench.flink.stopped == []


def test_if_flink_cannot_take_a_savepoint_the_step_is_refused_and_the_job_keeps_running(bench):
    bench.flink.refuses_savepoints = True
    assert bench.run() == 1
    assert bench.last.step == "stop"
    bench.flink.refuses_savepoints = False
    assert bench.run() == 0
    assert bench.flink.stopped == ["f1"]


def test_the_forward_job_is_not_stopped_while_the_server_cannot_replicate(bench):
    bench.slots.problems = ["wal_level is replica and must be logical"]
    assert bench.run() == 1
    assert ("wal_level" in bench.last.saw, bench.flink.stopped) == (True, [])


def test_a_stop_whose_response_was_lost_is_recognized_by_the_next_run(bench):
    stop = bench.flink.stop_with_savepoint

    def lost(job, folder=None):
        stop(job, folder)
        raise TransientError("Flink does not answer")

    bench.flink.stop_with_savepoint = lost
    assert bench.run() == 2
    assert bench.last.outcome == "unclear"
    assert bench.run() == 0
    assert bench.flink.stopped == ["f1"]
    assert bench.record.stopped.savepoint == "file:/savepoints/savepoint-f1"


def test_a_slot_created_early_is_advanced_past_the_migrations_writes(bench):
    bench.slots.found, bench.slots.log_end = {"flink_slot": slot(confirmed=50)}, 900
    assert bench.run() == 0
    assert bench.slots.advanced == ["flink_slot"]
    assert bench.record.position == 900


def test_a_slot_is_never_advanced_past_the_end_of_the_log_at_the_stop(bench):
    bench.run("slot")
    bench.slots.log_end = 5000
    bench.slots.found["flink_slot"] = slot(confirmed=50)
    bench.run("slot")
    assert bench.slots.found["flink_slot"].confirmed_lsn == 100


def test_an_active_slot_is_not_advanced_but_must_catch_up(bench):
    bench.slots.found = {"flink_slot": slot(confirmed=50, pid=7)}
    assert bench.run("slot") == 0
    assert bench.slots.advanced == []


def test_a_lost_slot_is_refused(bench):
    bench.slots.found = {"flink_slot": slot(confirmed=100)._replace(wal_status="lost")}
    assert bench.run() == 1
    assert (bench.last.step, "is lost" in bench.last.saw) == ("slot", True)


def test_a_reverse_job_that_fails_is_refused_with_its_failure(bench):
    def fails(job):
        bench.flink.known["r1"] = FakeJob("r1", "polarshake reverse", "FAILED")
        bench.flink.known["r1"].failure = "table x is not in any publication"
        return "r1"

    bench.runner.submit = fails
    assert bench.run() == 1
    assert "table x is not in any publication" in bench.last.saw


def test_a_reverse_job_that_never_reads_the_slot_is_refused(bench):
    bench.runner._slots = None
    assert bench.run() == 1
    assert "is not active" in bench.last.saw


def test_a_reverse_job_on_another_cluster_is_noticed(bench):
    bench.runner.submit = lambda job: "elsewhere"
    assert bench.run() == 1
    assert "another cluster" in bench.last.saw


def test_a_reverse_job_that_was_started_manually_is_accepted(bench):
    bench.run("slot")
    bench.runner.submit("reverse")
    bench.runner.ran.clear()
    assert bench.run() == 0
    assert bench.runner.ran == []


def test_without_a_reverse_job_no_slot_is_touched(tmp_path):
    bench = Bench(tmp_path, slots=False)
    assert bench.run() == 0
    assert bench.runner.ran == ["check forward", "check forward"]


def test_a_second_run_repeats_no_action_and_prints_the_same_result(bench):
    bench.run()
    bench.runner.ran.clear()
    assert bench.run() == 0
    assert (bench.runner.ran, bench.flink.stopped) == ([], ["f1"])
    assert bench.last.saw.startswith("SWITCH NOW")


def test_a_stopped_job_that_flink_no_longer_lists_counts_as_ended(bench):
    bench.run()
    del bench.flink.known["f1"]
    assert bench.run() == 0


def test_a_run_long_after_the_stop_compares_both_sides_again(bench):
    bench.run("stop")
    bench.now += 2 * 3600
    bench.runner.verdict = Verdict.DIFFERENT
    assert bench.run() == 1
    assert bench.last.step == "last-check"


def test_a_forward_job_resumed_after_the_stop_invalidates_earlier_results(bench):
    bench.run("stop")
    bench.flink.known["f2"] = FakeJob("f2", "polarshake forward")
    assert bench.run() == 1
    assert "--new-journal" in bench.last.saw


def test_if_flink_does_not_respond_the_outcome_is_unclear(bench):
    bench.flink.down = True
    assert bench.run() == 2
    assert bench.last.outcome == "unclear"


def test_a_dry_run_changes_nothing_and_shows_every_step(tmp_path):
    bench = Bench(tmp_path, dry_run=True)
    bench.slots.found = {"flink_slot": slot(confirmed=50)}
    assert bench.run() == 0
    assert (bench.runner.ran, bench.flink.stopped, bench.slots.advanced) == ([], [], [])
    assert list(tmp_path.iterdir()) == []
    text = "\n".join(bench.said)
    for words in ("would: compare all items", "would: stop it with a savepoint", "would: start it"):
        assert words in text


def test_a_dry_run_during_writes_refuses_that_step_and_continues(tmp_path):
    bench = Bench(tmp_path, dry_run=True)
    bench.streams.before_look = bench.streams.write
    assert bench.run() == 1
    assert any("8 of 8" in line for line in bench.said)


def test_the_journal_records_who_when_and_what_was_seen(bench):
    bench.run()
    for part in (
        "# Cut-over",
        "| done | SWITCH NOW",
        "savepoint: file:/savepoints/savepoint-f1",
        "nothing was written between",
        bench.last.by,
        "2023-11-14T22:",
    ):
        assert part in bench.page


def test_refusals_stay_in_the_journal(bench):
    bench.streams.before_look = bench.streams.write
    bench.run()
    bench.streams.before_look = lambda: None
    assert bench.run() == 0
    assert "| refused | not quiet within" in bench.page
