"""The options of `polarshake assess`, its files and exit codes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from connectors.base.errors import TransientError
from connectors.command.app import polarshake
from connectors.command.assess.command import Progress
from tests.fakes.account import FakeAccount


@pytest.fixture
def account(monkeypatch, tmp_path):
    made = FakeAccount()
    made.add("orders", [{"pk": {"S": "a"}}])
    made.close = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setattr("connectors.dynamodb.clients.source_client", lambda settings, seconds: made)
    monkeypatch.chdir(tmp_path)
    return made


def run(*words):
    return CliRunner().invoke(polarshake, ["assess", *words])


def test_the_page_is_written_and_named_and_the_exit_code_is_zero(account, tmp_path):
    done = run()
    assert done.exit_code == 0, done.output
    assert done.output.startswith("NO OBSTACLE FOUND")
    assert done.output.rstrip().endswith(f"Page: {tmp_path / 'assess.html'}")
    assert (tmp_path / "assess.html").read_text().startswith("<!DOCTYPE html>")


def test_json_is_the_only_output_and_no_page_is_written_without_a_name(account, tmp_path):
    done = run("--json", "--report", "")
    assert json.loads(done.stdout)["verdict"] == "clear"
    assert list(tmp_path.iterdir()) == []


def test_an_obstacle_gives_one(account):
    account.add("events", [], StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    assert run().exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--set", "mode=never"),
        ("--prices", "/nowhere"),
        ("--config", "/nowhere"),
        ("--report", "/nowhere/page.html"),
        ("--share", "0"),
        ("--sample", "-1"),
    ],
)
def test_invalid_input_gives_two_and_is_named(account, words):
    done = run(*words)
    assert done.exit_code == 2
    assert words[1].split("=")[0] in done.output or words[0] in done.output


def test_a_source_that_does_not_answer_gives_two(account):
    account.refused["ListTables"] = TransientError("no answer")
    done = run()
    assert done.exit_code == 2
    assert "no answer" in done.output


def test_it_says_that_it_waits_until_something_is_known_and_then_how_far_it_is(capsys):
    progress = Progress()
    progress.beat(5.0)
    progress.say("1 of 3 tables sampled")
    progress.beat(65.0)
    assert capsys.readouterr().err.splitlines() == [
        "reading the descriptions of the tables, 5 s so far",
        "1 of 3 tables sampled, 1 min 05 s so far",
    ]


def test_the_file_that_the_environment_names_is_read(account, tmp_path, monkeypatch):
    (tmp_path / "other.yaml").write_text("mode: never\n")
    monkeypatch.setenv("POLARSHAKE_CONFIG", "other.yaml")
    done = run()
    assert done.exit_code == 2
    assert "other.yaml" in done.output


def test_the_share_is_per_cent(account):
    done = run("--json", "--report", "", "--share", "50")
    plan = json.loads(done.stdout)["plan"]
    assert (plan["share"], plan["read_limit_rate"]) == (0.5, 20_000)


def test_no_target_address_is_needed(account):
    """The assessment comes before the target exists."""
    assert run("--set", "target=polardb").exit_code == 0
