"""What the console says has happened."""

from msgspec.structs import replace

from connectors.check.report.summary import Verdict
from connectors.command.console.document import Happening, Urgency
from connectors.command.console.story import MOST, Told, appended, told
from connectors.command.cutover.journal import Journal
from tests.fakes.cutover import DYNAMODB, POLARDB, summary
from tests.unit.connectors.command.console.jobs import LIVE, SCANNING, job, late


class Teller:
    """Tells what each poll has brought."""

    def __init__(self):
        self.seen, self.now = Told(), 1000.0

    def __call__(self, *jobs, checked=None, records=()):
        self.now += 2
        return [each.text for each in told(self.seen, jobs, checked, records, self.now)]


def test_a_job_is_told_once_with_the_time_of_its_submission():
    teller = Teller()
    [first] = told(teller.seen, [job()], None, [], 1000.0)
    assert (first.text, first.at) == ("forward job submitted", "1970-01-01T00:15:35Z")
    assert teller(job()) == []


def test_a_restart_is_told_with_its_cause():
    teller = Teller()
    teller(job())
    assert teller(job(restarts=2, failure="no route")) == ["forward job restarted, 2 in all: no route"]
    assert teller(job(restarts=2, failure="no route")) == []


def test_a_failed_job_is_told_as_a_problem():
    teller = Teller()
    teller(job())
    [failed] = told(teller.seen, [job(state="FAILED", failure="no right")], None, [], 1.0)
    assert (failed.text, failed.level) == ("forward job failed: no right", Urgency.BAD)


def test_the_phases_of_a_table_are_told_when_they_are_reached_first():
    teller = Teller()
    assert teller(job(orders=SCANNING)) == ["forward job submitted"]
    assert teller(job(orders=LIVE)) == ["orders: copy complete", "orders: live"]
    assert teller(job(orders=late(20))) == teller(job(orders=LIVE)) == []


def test_many_tables_are_one_sentence():
    teller = Teller()
    teller(job(**{f"t{n}": SCANNING for n in range(10)}))
    some = {f"t{n}": LIVE if n < 7 else SCANNING for n in range(10)}
    assert teller(job(**some)) == ["7 tables: copy complete", "7 tables: live"]
    assert "all tables: live" in teller(job(a=LIVE, b=LIVE))


def test_a_lag_that_swings_around_the_threshold_is_told_once():
    teller = Teller()
    teller(job(orders=LIVE))
    assert teller(job(orders=late(130))) == ["orders: lag above 2 min 00 s"]
    assert teller(job(orders=late(119))) == teller(job(orders=late(130))) == []
    assert teller(job(orders=late(15))) == ["orders: lag low again"]


def test_a_lag_before_a_table_has_been_live_is_not_told():
    assert Teller()(job(orders=late(5000))) == ["forward job submitted", "orders: copy complete"]


def test_dead_letters_are_told_when_the_first_appears():
    teller = Teller()
    teller(job(orders=LIVE))
    assert teller(job(orders={**LIVE, "deadLetters": 3})) == ["orders (3): the target rejects items"]
    assert teller(job(orders={**LIVE, "deadLetters": 4})) == []


def test_a_new_scan_after_a_gap_is_told_and_so_is_its_end():
    teller = Teller()
    teller(job(orders=LIVE))
    assert teller(job(orders={**SCANNING, "generation": 2})) == ["orders: new scan after a gap"]
    assert teller(job(orders={**LIVE, "generation": 2})) == ["orders: copy complete", "orders: live"]


def test_a_suspended_table_is_told_and_so_is_its_return():
    teller, going = Teller(), job(orders=LIVE, users=LIVE)
    teller(going)
    assert teller(with_phase(going, "suspended")) == ["orders: suspended"]
    assert teller(with_phase(going, "suspended")) == []
    assert teller(going) == ["orders: no longer suspended"]


def with_phase(job, phase):
    """The job with another phase of its first table."""
    return replace(job, tables=[replace(job.tables[0], phase=phase), *job.tables[1:]])


def test_a_check_is_told_once_with_its_verdict():
    teller, checked = Teller(), summary(0.0, Verdict.DIFFERENT, different=3)
    [text] = teller(checked=checked)
    assert text == "check ended: DIFFERENT, 1,003 items, 1 min 00 s"
    assert teller(checked=checked) == []


def test_each_step_of_a_cut_over_is_told_once():
    record = Journal(kind="cutover", begun="now", source=DYNAMODB, target=POLARDB, flink="")
    record.note("check", "the check reports EQUAL", "refused", "3 differ", "", 0.0)
    teller = Teller()
    assert teller(records=[record]) == ["cutover: the check reports EQUAL: refused; 3 differ"]
    record.note("check", "the check reports EQUAL", "done", "all equal", "", 1.0)
    assert teller(records=[record]) == ["cutover: the check reports EQUAL: done; all equal"]


def test_the_story_is_bounded():
    story = appended([Happening("", str(n)) for n in range(MOST)], [Happening("", "new")])
    assert (len(story), story[0].text, story[-1].text) == (MOST, "1", "new")
