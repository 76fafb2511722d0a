"""What a server says reaches the terminal in a form that can be seen, and commands it nothing."""

from __future__ import annotations

import io
import json
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any, List

import pytest
from click.testing import CliRunner
from rich.console import Console

from connectors.base.errors import TerminalError, TransientError
from connectors.command.app import polarshake
from connectors.command.cutover import command
from connectors.command.cutover.procedure import ProcedureStep, run
from connectors.command.cutover.verdict import StepVerdict, passed
from connectors.command.doctor.line import green, red, yellow
from connectors.command.doctor.show import as_json, show
from connectors.command.progress.rest import Rest
from tests.unit.connectors.command.cutover.bench import Bench

CLEAR = "\x1b[2J\x1b[31m"
HOSTILE = [
    CLEAR,
    "\x1b]0;a title\x07",
    "\x1b]8;;http://evil\x07link\x1b]8;;\x07",
    "\x9b31m",
    "\u202egnp.exe",
    "\r\x08hidden",
    "\x00",
    "\ud800",
]


def commands(text: str) -> List[str]:
    return [each for each in text if each != "\n" and unicodedata.category(each) in ("Cc", "Cf", "Cs")]


def rest_of(status: int, data: bytes) -> Rest:
    """A client whose server answers everything with this."""
    rest: Any = Rest("http://127.0.0.1:1")
    rest._http = SimpleNamespace(request=lambda *_, **__: SimpleNamespace(status=status, data=data))
    return rest  # type: ignore[no-any-return]


def shown(lines: Any) -> str:
    out = io.StringIO()
    show(Console(file=out, width=80, force_terminal=False, highlight=False), lines)
    return out.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("line", [green, yellow, red])
def test_the_doctor_shows_names_and_messages_without_their_commands(line: Any, text: str) -> None:
    lines = [line("table", f"table {text}: a message")]
    assert commands(shown(lines)) == []
    assert commands(as_json(lines)) == []
    assert "a message" in shown(lines).replace("\n", " ")


def test_the_character_can_be_seen() -> None:
    assert r"orders\u001b[2J" in shown([red("table", "orders\x1b[2J")])


@pytest.mark.parametrize("text", HOSTILE[:-1])
def test_what_flink_repeats_of_other_servers_is_visible(text: str) -> None:
    body = {"id": f"table.{text}", "list": [{"name": text}], text: 1, "trace": "first\nsecond", "count": 7}
    found = rest_of(200, json.dumps(body).encode()).get("/")
    assert commands(json.dumps(found, ensure_ascii=False)) == []
    assert (found["trace"], found["count"]) == ("first\nsecond", 7)


@pytest.mark.parametrize("text", HOSTILE[:-1])
def test_what_flink_says_of_a_refusal_is_visible(text: str) -> None:
    rest = rest_of(400, f"no {text} job".encode())
    with pytest.raises(TerminalError) as raised:
        rest.get("/")
    assert commands(str(raised.value)) == []


def test_init_shows_names_of_the_old_file_and_paths_without_their_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    old = tmp_path / f"old{CLEAR}.conf"
    old.write_text(f"filter.collection.white = orders{CLEAR}\nodd{CLEAR}key = 1\n")
    done = CliRunner().invoke(polarshake, ["init", "--from", old.name, "-o", f"out{CLEAR}.yaml"])
    assert done.exit_code in (0, 1), done.output
    assert commands(done.output) == []
    done = CliRunner().invoke(polarshake, ["init", "--from", f"no{CLEAR}", "-o", "other.yaml"])
    assert done.exit_code == 2
    assert commands(done.output) == []
    assert r"\u001b" in done.output


@pytest.mark.parametrize("outcome", ["DONE", "REFUSED", "UNCLEAR"])
def test_a_step_of_the_cut_over_shows_what_a_server_says_without_its_commands(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, outcome: str
) -> None:
    context = Bench(tmp_path).context()
    context.say = command._say
    raised = {"REFUSED": TerminalError, "UNCLEAR": TransientError}

    def step(_: Any) -> StepVerdict:
        text = f"job failed: orders{CLEAR}"
        if outcome in raised:
            raise raised[outcome](text)
        return passed(text)

    run(context, [ProcedureStep("quiet", "writes have stopped", step)])
    shown = capsys.readouterr().out
    assert commands(shown) == []
    assert r"orders\u001b[2J" in shown


@pytest.mark.parametrize("command", [["doctor"], ["status", "--flink", "http://127.0.0.1:1"]])
def test_an_error_is_visible(command: List[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.command.doctor.command.load", refused)
    monkeypatch.setattr("connectors.command.status.command.FlinkJobs", refused)
    done = CliRunner().invoke(polarshake, command)
    assert done.exit_code != 0
    assert commands(done.output) == []
    assert r"orders\u001b[2J" in done.output


def refused(*given: Any, **options: Any) -> Any:
    from connectors.base.errors import ConfigError

    raise ConfigError("file", "key", f"table orders{CLEAR} is not like\nanything")
