"""The steps of a cut-over are told as events; a dry run tells nothing."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from connectors.command.app import polarshake
from connectors.command.cutover import command
from connectors.model.events import EventKind, JobEvent
from tests.unit.connectors.command.cutover.bench import Bench


def test_each_step_is_told_with_what_it_saw(tmp_path):
    bench = Bench(tmp_path)
    assert bench.run() == 0
    assert {(event.kind, event.job, event.outcome) for event in bench.events} == {
        (EventKind.STEP, "cutover", "done")
    }
    assert [event.text for event in bench.events] == [
        f"{entry.title}: {entry.saw}" for entry in bench.record.log
    ]


def test_a_refusal_is_told(tmp_path):
    bench = Bench(tmp_path, "rollback")
    bench.runner.fails = True
    assert bench.run() == 1
    assert (bench.events[-1].job, bench.events[-1].outcome) == ("rollback", "refused")


def test_a_dry_run_tells_nothing(tmp_path):
    bench = Bench(tmp_path, dry_run=True)
    bench.run()
    assert bench.events == []


@pytest.mark.parametrize("name", ["cutover", "rollback"])
def test_the_command_sends_the_events_of_its_steps(tmp_path, monkeypatch, name):
    bench, config = Bench(tmp_path / "journal", name), tmp_path / "application.yaml"
    config.write_text(f"notify: {{events: {tmp_path / 'events'}}}")
    monkeypatch.setattr(command, "context_of", lambda *given: bench.context())
    done = CliRunner().invoke(polarshake, [name, "--config", str(config), "--flink", "http://127.0.0.1:1"])
    assert done.exit_code == 0, done.output
    lines = [line for file in Path(tmp_path / "events").iterdir() for line in file.read_bytes().splitlines()]
    events = [msgspec.json.decode(line, type=JobEvent) for line in lines]
    assert [event.job for event in events] == [name] * len(bench.record.log)
