"""The stages, the headline and the tiles."""

import pytest

from connectors.check.report.summary import Verdict
from connectors.command.console.document import Urgency
from connectors.command.console.history import Point
from connectors.command.console.rows import rows
from connectors.command.console.stages import StageFacts, headline, stages
from connectors.command.console.tiles import DRAWN, tiles
from connectors.command.cutover.journal import Journal
from connectors.command.cutover.preview import Condition
from connectors.model.jobs import CHECK, REVERSE
from tests.fakes.cutover import DYNAMODB, POLARDB, summary
from tests.unit.connectors.command.console.jobs import LIVE, SCANNING, job, late
from tests.unit.connectors.command.console.test_story import with_phase

NOW = 10_000.0


def facts(*jobs, checked=None, conditions=(), record=None, copied=False):
    return StageFacts(jobs, checked, conditions, record, copied, NOW)


def texts(given):
    return [stage.text for stage in stages(given)]


def current(given):
    return [stage.name for stage in stages(given) if stage.current]


def test_before_anything_runs_no_stage_has_begun():
    assert texts(facts()) == ["not begun", "not begun", "not made yet", "not begun", "not begun"]
    assert headline(facts()).text == "No job is running"


def test_a_copy_shows_its_share_and_the_tables_that_are_left():
    copy = stages(facts(job(orders=SCANNING, users=LIVE)))[0]
    assert (copy.text, copy.level, copy.share) == ("1 of 2 tables", Urgency.WAIT, 0.7)


def test_following_shows_how_many_tables_are_not_live():
    given = facts(job(orders=late(41), users=LIVE))
    assert texts(given)[1] == "1 table not live, worst lag 41 s"
    assert current(given) == ["Follow"]
    assert texts(facts(job(orders=LIVE)))[1] == "all live, worst lag 6 s"


def test_a_suspended_table_needs_attention_and_a_released_one_is_not_counted():
    going = job(orders=LIVE, users=LIVE)
    suspended = headline(facts(with_phase(going, "suspended")))
    assert suspended.text == "Following changes, 1 of 2 tables live; 1 needs attention"
    assert rows([with_phase(going, "suspended")], None)[0].level is Urgency.BAD
    released = facts(with_phase(going, "released"))
    assert headline(released).text == "Following changes, 1 of 1 table live"
    assert texts(released)[:2] == ["1 of 1 table", "all live, worst lag 6 s"]


def test_tables_that_are_handed_over_are_counted_apart_and_are_not_green():
    going = job(orders=LIVE, users={**LIVE, "handedOver": 1})
    assert headline(facts(going)).text == "Following changes, 1 of 1 table live; 1 handed over"
    assert [row.level for row in rows([going], None) if row.table == "users"] == [Urgency.NONE]
    all_of_them = facts(job(orders={**LIVE, "handedOver": 1}))
    assert headline(all_of_them).text == "1 table handed over, none left"
    assert texts(all_of_them)[0] == "complete"


def test_a_full_copy_follows_nothing():
    copied = {name: value for name, value in LIVE.items() if name != "lagSeconds"}
    given = facts(job(orders=copied))
    assert texts(given)[:2] == ["1 of 1 table", "no stream is read"]
    assert headline(given).text == "Copied 1 table"


@pytest.mark.parametrize(
    ("verdict", "level"), [(Verdict.EQUAL, Urgency.OK), (Verdict.DIFFERENT, Urgency.BAD)], ids=["=", "≠"]
)
def test_the_last_check_is_shown_with_its_age(verdict, level):
    stage = stages(facts(checked=summary(NOW - 160, verdict)))[2]
    assert stage.level is level
    assert stage.text.endswith(", 2 min ago")


def test_a_running_check_shows_the_differences_so_far():
    checking = {**SCANNING, "lanesLeft": 4, "confirmed": 2}
    stage = stages(facts(job(CHECK, orders=checking), checked=summary(0.0)))[2]
    assert stage.text == "running, 40%, 2 differences so far"


def test_the_cut_over_shows_how_many_conditions_are_open():
    conditions = [Condition("job", "t", "done", ""), Condition("check", "t", "refused", "")]
    assert texts(facts(conditions=conditions))[4] == "1 thing to do first"
    assert texts(facts(conditions=conditions[:1]))[4] == "ready: run polarshake cutover"


def test_after_the_switch_the_stages_are_done_although_the_job_is_gone():
    record = Journal(kind="cutover", begun="", source=DYNAMODB, target=POLARDB, flink="")
    record.note("switch", "switch", "done", "SWITCH NOW", "", NOW)
    given = facts(job(REVERSE), checked=summary(NOW), record=record)
    assert {stage.level for stage in stages(given)} == {Urgency.OK}
    assert headline(given).text == "The application has moved to the target"


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("FAILED", "The forward job has failed"),
        ("CANCELED", "The forward job has been cancelled"),
        ("RESTARTING", "The forward job is restarting"),
    ],
)
def test_a_job_that_does_not_run_is_the_headline(state, text):
    assert headline(facts(job(state=state, orders=LIVE))).text == text


def test_tiles_show_the_last_value_and_at_most_a_line_of_points():
    points = [Point(float(n), n, 1.5, 1000 * n, 2, n) for n in range(200)]
    lag, changes, items, dead, throttled = tiles(points, [job(orders=SCANNING)])
    assert (lag.value, lag.level) == ("3 min", Urgency.WARN)
    assert (changes.value, items.value, items.note) == ("2", "199k", "of about 1.0k")
    assert (dead.value, dead.level) == ("2", Urgency.BAD)
    assert (throttled.value, throttled.note) == ("199", "in the last hour")
    assert len(lag.points) <= DRAWN
    assert lag.points[-1] == 199


def test_without_a_point_there_are_no_tiles():
    assert tiles([], []) == []
