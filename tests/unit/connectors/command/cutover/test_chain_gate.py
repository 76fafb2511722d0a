"""When a full check and the generations after it replace the last check of all items."""

from __future__ import annotations

import pytest

from connectors.check.report.summary import ReportSide, Verdict
from connectors.command.cutover.chain_gate import closes, equal_chain, useless
from connectors.command.cutover.ports import ForeignWriters
from connectors.command.cutover.report_gate import ReportRequirement
from connectors.config.choices import Direction
from connectors.reverse.foreign import ForeignVerdict
from tests.fakes.cutover import DYNAMODB, POLARDB, chain, chain_back, generation_after, slot, summary
from tests.unit.connectors.command.cutover.bench import T0, Bench

WANTED = ReportRequirement(Direction.FORWARD, DYNAMODB, POLARDB, T0, T0 + 60)
BACK = ReportRequirement(Direction.REVERSE, POLARDB, DYNAMODB, T0, T0 + 60)


def test_a_chain_is_useless_on_the_way_back_for_other_addresses_and_if_its_full_check_is_too_old():
    known = chain(T0 - 100)
    assert useless(known, WANTED, T0 - 200) is None
    assert "before" in useless(known, WANTED, T0 - 50)
    assert "other direction" in useless(known, WANTED._replace(direction=Direction.REVERSE), T0 - 200)
    assert "other direction" in useless(chain_back(T0 - 100), WANTED, T0 - 200)
    assert useless(chain_back(T0 - 100), BACK, float("-inf")) is None
    assert "way back" in useless(None, BACK, float("-inf"))
    assert "addresses" in useless(known, WANTED._replace(target=ReportSide("x", "y")), T0 - 200)
    assert useless(None, WANTED, T0 - 200) is not None


def test_only_a_generation_that_began_after_the_writes_had_stopped_closes():
    full = chain(T0 + 10)
    assert not closes(full, WANTED)
    assert not closes(generation_after(chain(T0 - 100), T0 - 1), WANTED)
    assert closes(generation_after(chain(T0 - 100), T0), WANTED)


def test_differences_and_keys_that_kept_changing_are_refused():
    full = chain(T0 - 100)
    assert equal_chain(generation_after(full, T0), WANTED).ok
    different = equal_chain(generation_after(full, T0, Verdict.DIFFERENT), WANTED)
    assert (different.ok, "3 differ" in different.saw) == (False, True)
    assert not equal_chain(generation_after(full, T0, left=1), WANTED).ok


class Foreign(ForeignWriters):
    def __init__(self, found):
        self.found = found

    def since(self, began, say):
        return self.found(began)


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    bench.reports.summary, bench.reports.known = summary(T0 - 3600), chain(T0 - 3600)
    return bench


def test_the_last_check_compares_the_changes_only(bench):
    assert bench.run() == 0
    assert bench.runner.ran == ["changes", "reverse"]
    assert "then 1 generation" in bench.record.latest("last-check").saw
    assert bench.record.check
    known = bench.reports.known
    assert known.log.positions == bench.record.starts == {"flink_slot": 100}
    assert (known.source, known.target, known.last.verdict) == (POLARDB, DYNAMODB, Verdict.EQUAL)


@pytest.mark.parametrize("problem", ["records", "log_unknown", "differs"])
def test_without_a_proof_the_cut_over_leaves_no_chain_for_the_way_back(bench, problem, monkeypatch):
    if problem == "records":
        bench.slots.records = False
    elif problem == "log_unknown":
        bench.slots.log_unknown = "no relation of PolarDB is table orders"
    else:
        bench.run("lag")
        bench.runner.check("forward")
        bench.reports.known = chain(T0 - 3600)  # the last check was not one of this chain
    assert bench.run() == 0
    assert bench.last.saw.startswith("SWITCH NOW")
    assert bench.reports.known is None


def test_a_chain_for_the_way_back_is_not_made_again_after_the_switch(bench):
    bench.run()
    bench.reports.known = None
    assert bench.run() == 0
    assert bench.reports.known is None


def test_a_slot_that_did_not_exist_covers_the_log_from_its_own_position_on(bench):
    def set_up(say):
        bench.slots.found["flink_slot"] = slot(confirmed=130, end=130)

    bench.slots.set_up = set_up
    bench.run()
    assert (bench.record.position, bench.record.starts) == (100, {"flink_slot": 130})


def test_a_broken_chain_leads_to_a_check_of_all_items(bench):
    bench.runner.breaks = True
    assert bench.run() == 0
    assert bench.runner.ran == ["changes", "check forward", "reverse"]
    assert "the stream was replaced" in " ".join(" ".join(bench.said).split())


def test_a_damaged_chain_leads_to_a_check_of_all_items(bench):
    bench.reports.damaged = True
    assert bench.run() == 0
    assert bench.runner.ran == ["check forward", "reverse"]


def test_a_watch_that_has_found_nobody_else_is_part_of_what_the_check_saw(bench):
    bench.foreign = Foreign(lambda since: ForeignVerdict(since == T0 - 3600))
    assert bench.run() == 0
    assert "nobody else has written to PolarDB" in bench.record.latest("last-check").saw


def test_after_writes_of_others_all_items_are_compared(bench):
    bench.foreign = Foreign(lambda since: ForeignVerdict(True, ["orders (2 transactions)"]))
    assert bench.run() == 0
    assert bench.runner.ran == ["changes", "check forward", "reverse"]
    assert "others have written to PolarDB" in " ".join(" ".join(bench.said).split())


def test_a_watch_with_a_hole_says_so_and_proves_nothing_more(bench):
    bench.foreign = Foreign(lambda since: ForeignVerdict(False))
    assert bench.run() == 0
    assert "were not watched" in bench.record.latest("last-check").saw


def test_a_closing_generation_with_differences_stops_the_cut_over(bench):
    bench.runner.verdict = Verdict.DIFFERENT
    assert bench.run() == 1
    assert (bench.last.step, "3 differ" in bench.last.saw) == ("last-check", True)
    assert bench.flink.stopped == []


def test_writes_during_the_closing_generation_stop_the_cut_over(bench):
    bench.runner.during_check = bench.streams.write
    assert bench.run() == 1
    assert "writes came in" in bench.last.saw


def test_a_generation_that_leaves_no_proof_is_noticed(bench):
    bench.runner.check_changes = lambda direction, say: None
    assert bench.run() == 1
    assert "has left no proof" in bench.last.saw


def test_with_no_run_the_command_for_the_changes_is_shown(tmp_path, bench):
    bench.options = bench.options._replace(run_jobs=False)
    assert bench.run() == 1
    assert "flink run -py jobs/changes.py" in bench.last.do


def test_a_dry_run_compares_nothing(bench):
    bench.run("lag")
    bench.options = bench.options._replace(dry_run=True)
    bench.run("last-check")
    assert bench.runner.ran == []


def test_a_generation_that_found_equal_what_the_full_check_had_not_lets_the_cut_over_begin(bench):
    bench.reports.summary = summary(T0 - 3600, Verdict.DIFFERENT, different=3)
    assert bench.run("check") == 1
    bench.reports.known = generation_after(chain(T0 - 3600, Verdict.DIFFERENT), T0 - 60)
    assert bench.run("check") == 0


@pytest.fixture
def back(tmp_path):
    """A rollback, a week after a cut-over."""
    bench = Bench(tmp_path, "rollback")
    bench.reports.known = chain_back(T0 - 7 * 86400)
    return bench


def test_on_the_way_back_the_changes_since_the_switch_are_compared(back):
    assert back.run() == 0
    assert back.runner.ran == ["changes", "forward"]
    assert "then 1 generation" in back.record.latest("last-check").saw
    known = back.reports.known
    assert (known.log, known.source, known.last.generation) == (None, DYNAMODB, 1), "it goes on forward"
    assert known.tables["orders"].since == known.last.started


def test_without_a_forward_job_a_rollback_leaves_no_chain(back):
    back.options = back.options._replace(follow=False)
    assert back.run() == 0
    assert back.reports.known is None


def test_after_a_check_of_all_items_a_rollback_leaves_no_chain(back):
    back.runner.breaks = True
    assert back.run() == 0
    assert back.reports.known is None


@pytest.mark.parametrize("known", [None, chain(T0 - 3600)])
def test_on_the_way_back_without_a_chain_of_that_direction_everything_is_compared(back, known):
    back.reports.known = known
    assert back.run() == 0
    assert back.runner.ran == ["check reverse", "forward"]
    assert "all items must be compared" in " ".join(back.said)


def test_on_the_way_back_a_broken_chain_leads_to_a_check_of_all_items(back):
    back.runner.breaks = True
    assert back.run() == 0
    assert back.runner.ran == ["changes", "check reverse", "forward"]


def test_on_the_way_back_a_generation_that_ends_before_the_log_does_not_close():
    wanted = BACK._replace(position=200)
    assert closes(generation_after(chain_back(T0 - 100), T0, position=200), wanted)
    assert not closes(generation_after(chain_back(T0 - 100), T0, position=199), wanted)


def test_on_the_way_back_differences_stop_the_rollback(back):
    back.runner.verdict = Verdict.DIFFERENT
    assert back.run() == 1
    assert (back.last.step, back.flink.stopped) == ("last-check", [])


@pytest.mark.parametrize(
    ("known", "compares"),
    [
        (chain_back(T0 - 3600), "compare what has changed since the last check"),
        (None, "compare all items, because the cut-over has left no chain of checks for the way back"),
    ],
)
def test_a_dry_run_of_a_rollback_says_what_the_last_check_will_compare(tmp_path, known, compares):
    bench = Bench(tmp_path, "rollback", dry_run=True)
    bench.reports.known = known
    bench.streams.before_look = bench.streams.write
    assert bench.run() == 1
    assert compares in " ".join(" ".join(bench.said).split())
    assert bench.runner.ran == []


@pytest.mark.parametrize(
    ("known", "compares"),
    [
        (chain(T0 - 3600), "compare what has changed since the last check"),
        (None, "compare all items, because no check of all items can be continued"),
    ],
)
def test_a_dry_run_during_writes_says_what_the_last_check_will_compare(tmp_path, known, compares):
    bench = Bench(tmp_path, dry_run=True)
    bench.reports.summary, bench.reports.known = summary(T0 - 3600), known
    bench.streams.before_look = bench.streams.write
    assert bench.run() == 1
    assert compares in " ".join(" ".join(bench.said).split())
