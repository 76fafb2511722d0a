"""What the cut-over would find now."""

import pytest

from connectors.check.report.summary import Verdict
from connectors.command.cutover.preview import preview, steps_taken
from connectors.command.cutover.steps import CUTOVER
from tests.fakes.cutover import summary
from tests.unit.connectors.command.cutover.bench import T0, Bench


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path, dry_run=True)
    made.reports.summary = summary(T0 - 3600)
    return made


def rejected(bench, summary):
    bench.job.tables["orders"].update(deadLetters=3)
    bench.reports.summary = summary


def test_dead_letters_do_not_matter_if_a_check_reports_equal(bench):
    rejected(bench, summary(T0 - 60))
    assert found(bench)["dead-letters"].outcome == "done"
    rejected(bench, summary(T0 - 60, Verdict.DIFFERENT, different=3))
    assert found(bench)["dead-letters"].outcome == "refused"


def found(bench):
    return {each.name: each for each in preview(bench.context())}


def test_everything_is_done_when_the_cut_over_may_begin(bench):
    assert {name: each.outcome for name, each in found(bench).items()} == dict.fromkeys(
        ("job", "live", "dead-letters", "check", "way-back"), "done"
    )


def test_nothing_is_changed_and_nothing_waits(bench, tmp_path):
    bench.reports.summary = None
    bench.job.tables["orders"]["lagSeconds"] = 500
    preview(bench.context())
    assert (bench.now, bench.runner.ran, bench.flink.stopped, list(tmp_path.iterdir())) == (T0, [], [], [])
    assert bench.slots.found == {}


@pytest.mark.parametrize(
    ("break_it", "name", "words"),
    [
        (lambda bench: setattr(bench.job, "state", "RESTARTING"), "job", "RESTARTING"),
        (lambda bench: bench.job.tables["orders"].update(lagSeconds=500), "live", "catching up"),
        (lambda bench: rejected(bench, None), "dead-letters", "orders: 3 dead"),
        (lambda bench: setattr(bench.reports, "summary", None), "check", "there is no report"),
        (lambda bench: bench.slots.problems.append("wal_level is replica"), "way-back", "wal_level"),
    ],
    ids=["job", "lag", "dead letters", "no check", "wal_level"],
)
def test_each_condition_can_be_open(bench, break_it, name, words):
    break_it(bench)
    assert found(bench)[name].outcome == "refused"
    assert words in found(bench)[name].saw


def test_a_check_with_differences_says_what_to_do(bench):
    bench.reports.summary = summary(T0 - 60, Verdict.DIFFERENT, different=3)
    assert "--repair" in found(bench)["check"].do


def test_a_service_that_does_not_answer_is_unclear_not_refused(bench):
    bench.flink.down = True
    assert found(bench)["job"].outcome == "unclear"


def test_a_cut_over_that_has_begun_shows_each_step(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run("lag") == 0
    outcomes = [each.outcome for each in steps_taken(bench.record, CUTOVER)]
    assert outcomes == ["done"] * 3 + ["later"] * 5
