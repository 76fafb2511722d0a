"""Progress lines while the cut-over's check runs."""

import threading

import pytest

from connectors.command.cutover.check_progress import RunningCheck, described
from connectors.command.cutover.other_job import OtherJob, submitted
from connectors.command.cutover.procedure import ProcedureStep, run
from connectors.command.cutover.verdict import passed, refused
from connectors.command.progress.rates import ProgressRates
from connectors.model.jobs import CHECK
from tests.fakes.flink import FakeFlink, FakeJob
from tests.unit.connectors.command.cutover.bench import Bench

SCANNING = {
    **{"phase": 3, "generation": 1, "segments": 4, "segmentsDone": 1, "lanesLeft": 4},
    **{"scannedItems": 100, "expectedItems": 1000, "scannedTargetItems": 100, "expectedTargetItems": 1000},
}


def check(**numbers):
    made = FakeJob("c1", CHECK)
    made.tables = {"orders": {**SCANNING, **numbers}}
    return made


def test_share_speed_and_remaining_time_are_in_the_line():
    job, now = check(), [0.0]
    progress = RunningCheck(FakeFlink(job), lambda: now[0])
    assert progress.line() == "the check: 10%, 0 items/s"
    now[0] = 10.0
    job.tables["orders"]["scannedItems"] = 300
    assert progress.line() == "the check: 20%, 20 items/s, 1 min 20 s left"


def test_when_both_sides_are_read_the_line_says_so_and_counts_what_differs():
    line = described(check(segmentsDone=4, suspects=5, settled=2).progress(), ProgressRates())
    assert line == (
        "the check: 10%, both sides are read, differing keys are compared again; 3 keys differ so far"
    )


def test_a_check_that_has_ended_is_not_the_one_that_runs():
    ended = check()
    ended.state = "FINISHED"
    assert RunningCheck(FakeFlink(ended), lambda: 0.0).line() is None


@pytest.mark.parametrize("down", [False, True], ids=["Flink answers", "Flink does not answer"])
def test_the_cut_over_is_not_silent_while_its_check_runs(tmp_path, down):
    bench = Bench(tmp_path)
    bench.tell_every = 0.01
    told = threading.Event()

    def say(text):
        bench.said.append(text)
        if "the check" in text and ("items/s" in text or "being submitted" in text):
            told.set()

    def during_check():
        bench.flink.known["c1"] = check()
        bench.flink.down = down
        assert told.wait(30)
        bench.flink.down = False

    context = bench.context()
    context.say, bench.runner.during_check = say, during_check
    assert run(context, bench.steps("check")) == 0


def test_the_cut_over_is_not_silent_while_a_job_is_submitted(tmp_path, monkeypatch):
    bench = Bench(tmp_path)
    bench.tell_every = 0.01
    told = threading.Event()
    context = bench.context()
    context.say = lambda text: told.set() if "the reverse job is being submitted, " in text else None
    monkeypatch.setattr(bench.runner, "submit", lambda word: f"{word} {told.wait(30)}")
    assert submitted(context, OtherJob("polarshake reverse", "reverse")) == "reverse True"


def test_a_step_that_waits_tells_what_it_has_seen(tmp_path):
    bench = Bench(tmp_path)
    verdicts = [refused("not yet", "wait")] * 40 + [passed("now")]
    context = bench.context()
    assert context.until(lambda: verdicts.pop(0), 600.0).ok
    assert "not yet" in "".join(bench.said)


def test_a_step_that_says_nothing_for_long_is_not_silent(tmp_path):
    bench = Bench(tmp_path)
    bench.tell_every = 0.01
    told = threading.Event()
    context = bench.context()
    context.say = lambda text: told.set() if "so far" in text else None
    slow = ProcedureStep("stop", "the job is stopped", lambda _: passed(f"told: {told.wait(30)}"))
    assert run(context, [slow]) == 0
    assert context.record.latest("stop").saw == "told: True"


def test_a_step_that_speaks_is_not_interrupted(tmp_path):
    bench = Bench(tmp_path)
    context = bench.context()
    speaks = ProcedureStep("stop", "the job is stopped", lambda _: passed("at once"))
    assert run(context, [speaks]) == 0
    assert "so far" not in "".join(bench.said)
