"""A poll, from Flink's answers to the document."""

import msgspec

from connectors.base.errors import TransientError
from connectors.check.report.summary import Verdict
from connectors.command.console.collect import Collector
from connectors.command.console.gates import NO_CONFIG, Gates, GatesView, view
from connectors.command.console.rows import rows
from connectors.command.progress.health import HealthRules
from connectors.model.jobs import CHECK
from tests.fakes.cutover import chain, generation_after, summary
from tests.fakes.flink import FakeFlink, FakeJob
from tests.unit.connectors.command.console.jobs import LIVE, SCANNING, job, late
from tests.unit.connectors.command.cutover.bench import Bench as CutoverBench


class Bench:
    def __init__(self, tmp_path):
        self.flink, self.now, self.gates = FakeFlink(), 1000.0, GatesView()
        self.path = tmp_path / "console.json"
        self.collector = self.new()

    def new(self):
        return Collector(self.flink, lambda: self.gates, self.path, lambda: self.now)

    def poll(self):
        self.now += 2
        for each in self.flink.known.values():
            each.checkpointed = self.now
        return self.collector.poll()

    def start(self, **tables):
        started = FakeJob("f1", "polarshake forward")
        started.tables = tables
        self.flink.known["f1"] = started
        return started


def test_a_job_that_is_started_later_is_found(tmp_path):
    bench = Bench(tmp_path)
    assert bench.poll().headline == "No job is running"
    bench.start(orders=LIVE)
    assert bench.poll().headline == "Following changes, 1 of 1 table live"


def test_the_last_numbers_stay_while_flink_does_not_answer(tmp_path):
    bench = Bench(tmp_path)
    bench.start(orders=LIVE)
    bench.poll()
    bench.flink.down = True
    shown = bench.poll()
    assert shown.problem == str(TransientError("Flink does not answer"))
    assert [row.table for row in shown.tables] == ["orders"]


def test_changes_per_second_come_from_two_polls(tmp_path):
    bench = Bench(tmp_path)
    started = bench.start(orders={**LIVE, "streamed": 100})
    bench.poll()
    started.tables["orders"]["streamed"] = 300
    assert bench.poll().tables[0].changes_per_second == "100"


def test_a_console_that_is_started_again_continues_the_story(tmp_path):
    bench = Bench(tmp_path)
    bench.start(orders=LIVE)
    story = bench.poll().story
    bench.collector = bench.new()
    assert bench.poll().story == story
    assert len(story) == 3


def test_an_unexpected_error_is_shown_with_the_last_numbers(tmp_path):
    bench = Bench(tmp_path)
    bench.start(orders=LIVE)
    bench.poll()
    shown = bench.collector.with_problem("broken")
    assert (shown.problem, len(shown.tables)) == ("broken", 1)


def test_without_a_configuration_the_page_says_how_to_give_one():
    assert Gates(None, (), None, "http://f:1").look().note == NO_CONFIG


def test_an_invalid_configuration_is_a_note_not_an_exception(tmp_path):
    file = tmp_path / "application.yaml"
    file.write_text("nonsense: 1\n")
    assert "nonsense" in Gates(str(file), (), None, "http://f:1").look().note


def test_no_secret_reaches_the_document(tmp_path, monkeypatch):
    file = tmp_path / "application.yaml"
    file.write_text("dynamodb: {region: cn-north-1}\npolardb: {endpoint: 'http://pe:5432', hostname: pe}\n")
    for name in ("DYNAMODB_AK", "DYNAMODB_SK", "POLARDB_AK", "POLARDB_SK"):
        monkeypatch.setenv(f"POLARSHAKE_{name}", "verysecret1")
    monkeypatch.setenv("POLARSHAKE_POLARDB_USERNAME", "someone")
    monkeypatch.setenv("POLARSHAKE_POLARDB_PASSWORD", "verysecret2")
    gates = Gates(str(file), (), str(tmp_path), "http://user:verysecret3@127.0.0.1:9")
    bench = Bench(tmp_path)
    bench.gates = gates.look()
    bench.start(orders=LIVE)
    body = msgspec.json.encode(bench.poll())
    assert b"cn-north-1" in body
    assert b"verysecret" not in body


def test_tables_that_need_attention_come_first_then_what_is_not_done():
    given = job(live=LIVE, slow=late(900), dead={**LIVE, "deadLetters": 1}, scanning=SCANNING)
    assert [row.table for row in rows([given], None)] == ["dead", "slow", "scanning", "live"]


def test_a_difference_of_the_last_check_needs_attention():
    made = rows([job(orders=LIVE)], summary(0.0, Verdict.DIFFERENT, different=3))
    assert (made[0].check, made[0].level) == ("≠ 3 differ", "bad")


def test_a_running_check_is_shown_in_its_column():
    both = [job(orders=LIVE), job(CHECK, orders=SCANNING, id="c1")]
    [row] = rows(both, summary(0.0))
    assert row.check == "… scanning, 40%"


def findings(shown):
    assert shown.status.health is not None
    return [(finding.rule, finding.subject) for finding in shown.status.health.findings]


def test_the_document_has_the_health_of_each_poll(tmp_path):
    bench = Bench(tmp_path)
    started = bench.start(orders={**LIVE, "deadLetters": 2})
    assert findings(bench.poll()) == [("dead_letters", "orders")]
    started.tables["orders"]["deadLetters"] = 0
    assert findings(bench.poll()) == []


def test_a_stream_is_silent_if_its_lag_grows_for_a_while_and_no_change_is_read(tmp_path):
    bench = Bench(tmp_path)
    started = bench.start(orders={**LIVE, "lagSeconds": 70, "streamed": 5})
    seen = []
    for lag in range(70, 94, 2):
        started.tables["orders"]["lagSeconds"] = lag
        seen.append(("silent", "orders") in findings(bench.poll()))
    assert seen == [False] * 8 + [True] * 4


def test_the_rules_of_the_health_are_those_of_the_settings(tmp_path):
    bench = Bench(tmp_path)
    bench.start(orders={**LIVE, "lagSeconds": 40, "streamed": 5})
    assert findings(bench.poll()) == []
    bench.gates = GatesView(rules=HealthRules(lag_seconds=30))
    assert findings(bench.poll()) == [("lag", "orders")]


def test_the_last_generation_of_the_check_of_the_changes_is_a_fact(tmp_path):
    cutover = CutoverBench(tmp_path / "report", dry_run=True)
    assert view(cutover.context()).changes == ""
    cutover.reports.known = generation_after(chain(1000.0), 2000.0, left=2)
    said = view(cutover.context()).changes
    assert said.startswith("check of the changes: generation 1 compared ")
    assert said.endswith("EQUAL, at 00:33:28 UTC; 2 keys to compare again")
    bench = Bench(tmp_path)
    bench.gates = GatesView(changes=said)
    assert said in bench.poll().facts
