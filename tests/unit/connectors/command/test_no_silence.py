"""A subcommand that waits for a server says so."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from connectors.command.app import polarshake
from tests.fakes.flink import FakeFlink, FakeJob

MODULES = "connectors.command.{}.command"


@contextmanager
def beating(beat: Callable[[float], None], every: float = 4.0) -> Iterator[None]:
    beat(5.0)
    yield


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str) -> Result:
        monkeypatch.setattr(f"{MODULES.format(words[0])}.heartbeat", beating)
        return CliRunner().invoke(polarshake, list(words))

    return invoke


@pytest.fixture
def flink(monkeypatch: pytest.MonkeyPatch) -> None:
    job = FakeJob("a" * 32, "polarshake forward")
    monkeypatch.setattr("connectors.command.status.command.FlinkJobs", lambda _: FakeFlink(job))
    monkeypatch.setattr("connectors.command.status.observer.FETCH_SECONDS", 0.0)


def test_status_says_that_it_waits_for_measurements_but_not_among_json(run: Any, flink: None) -> None:
    words = ["status", "--flink", "x"]
    assert run(*words).output.startswith("waiting for Flink's measurements, 5 s so far\n")
    assert "so far" not in run(*words, "--json").output


def test_the_health_that_a_cron_job_reads_contains_nothing_else(run: Any, flink: None) -> None:
    assert "so far" not in run("status", "--flink", "x", "--health").output


def test_slot_create_says_that_it_waits_for_postgresql(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.reverse.validate.set_up", lambda *_: None)
    assert run("slot", "create").output == "waiting for PostgreSQL, 5 s so far\n"


def test_letters_says_that_it_works(run: Any, tmp_path: Path) -> None:
    place = f"deadLetter.path={tmp_path}"
    Path("application.yaml").write_text("")
    assert run("letters", "list", "--set", place).output.startswith("working, 5 s so far\n")


def test_run_says_how_long_flink_has_taken(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def silent(beat: Callable[[float], None], every: float = 4.0) -> Iterator[Callable[[], None]]:
        beat(65.0)
        yield lambda: None

    monkeypatch.setattr("connectors.command.run.command.while_silent", silent)
    words = ["run", "forward", "--flink-command", "true"]
    assert "flink run: 1 min 05 s so far\n" in CliRunner().invoke(polarshake, words).output
