"""`polarshake slot`."""

import pytest
from click.testing import CliRunner

from connectors.base.errors import TerminalError
from connectors.command.app import polarshake


@pytest.fixture
def done(monkeypatch):
    """What was called."""
    calls = []

    def work(name):
        def called(settings, say):
            calls.append((name, settings.polardb.hostname))
            say(f"{name} statement")

        return called

    monkeypatch.setattr("connectors.reverse.validate.set_up", work("create"))
    monkeypatch.setattr("connectors.reverse.validate.tear_down", work("drop"))
    return calls


def slot(*words, answer=""):
    options = ["--set", "polardb.hostname=pc"]
    return CliRunner().invoke(polarshake, ["slot", *words, *options], input=answer)


def test_create_creates_and_shows_each_statement(done):
    shown = slot("create")
    assert (shown.exit_code, shown.output, done) == (0, "create statement\n", [("create", "pc")])


def test_drop_asks_and_a_no_changes_nothing(done):
    assert slot("drop", answer="n\n").exit_code == 1
    assert done == []
    assert slot("drop", answer="y\n").exit_code == 0
    assert done == [("drop", "pc")]


def test_drop_with_yes_does_not_ask(done):
    assert slot("drop", "--yes").output == "drop statement\n"


def test_an_error_is_a_sentence_and_exit_code_2(monkeypatch):
    def fails(settings, say):
        raise TerminalError("no right to replicate")

    monkeypatch.setattr("connectors.reverse.validate.set_up", fails)
    shown = slot("create")
    assert (shown.exit_code, "no right to replicate" in shown.output) == (2, True)
