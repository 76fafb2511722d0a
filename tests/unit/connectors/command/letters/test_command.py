"""The command line of `polarshake letters`."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any, List

import msgspec
import pytest
from click.testing import CliRunner, Result

from connectors.base.errors import TerminalError
from connectors.command.app import polarshake
from connectors.command.cutover.submit import FlinkRun
from connectors.command.letters.checks import KeyRepair
from connectors.command.letters.ledger import Mark
from connectors.command.letters.marks import SETTLED, store_marks
from connectors.config import load
from connectors.storage.folder import FolderStorage
from tests.unit.connectors.command.letters.letters import FakeKeyCheck, letter, line

OLD = b'{"id":{"N":"1"},"v":{"S":"a"}}'
RED = "red \x1b[31m"
NEW = b'{"id":{"N":"2"},"v":{"S":"\\u001b[31m"}}'


@pytest.fixture
def dead(tmp_path: Path) -> Path:
    """Two letters, the first of them settled."""
    folder = tmp_path / "dead"
    folder.mkdir()
    (folder / "dead-host-1.jsonl").write_bytes(
        line(OLD, 1.0) + line(NEW, 2.0, reason="red \x1b[31m") + b'{"cut'
    )
    settled = Mark(letter(OLD).identity.hex(), "orders", 1.0, "2026-11-22T18:48:06Z", "me@here", "/report")
    store_marks(FolderStorage(str(folder), "deadLetter.path"), [settled])
    return folder


def run(dead: Any, *words: str) -> Result:
    config = dead.parent / "application.yaml"
    config.write_text(f"deadLetter:\n  path: {dead}\n")
    name, *others = words
    return CliRunner().invoke(polarshake, ["letters", name, "--config", str(config), *others])


def test_open_letters_are_counted_by_reason_and_the_exit_code_says_that_there_are_some(dead: Path) -> None:
    done = run(dead, "list")
    assert done.exit_code == 1
    assert f"1 open dead letter, 1 settled, in {dead}" in done.output
    assert "1 open  orders, put" in done.output


def test_what_a_server_has_written_cannot_control_the_terminal(dead: Path) -> None:
    assert "\x1b" not in run(dead, "list").output + run(dead, "show").output
    assert "red \\u001b[31m" in run(dead, "list").output


def test_if_all_are_settled_the_exit_code_is_0(dead: Path) -> None:
    (dead / "dead-host-1.jsonl").write_bytes(line(OLD, 1.0))
    assert run(dead, "list").exit_code == 0


def test_the_list_as_json_has_every_group(dead: Path) -> None:
    groups = json.loads(run(dead, "list", "--json").output)
    assert [(group["table"], group["open"], group["settled"]) for group in groups] == [
        ("orders", 1, 0),
        ("orders", 0, 1),
    ]


def test_show_prints_open_letters_and_the_settled_ones_if_asked(dead: Path) -> None:
    assert len(shown(run(dead, "show", "--json"))) == 1
    both = shown(run(dead, "show", "--json", "--all"))
    assert [(each["item"]["id"], each["open"]) for each in both] == [({"N": "1"}, False), ({"N": "2"}, True)]


def test_show_prints_letters_of_a_reason_or_a_table(dead: Path) -> None:
    assert len(shown(run(dead, "show", "--json", "--all", "--reason", "too large"))) == 1
    assert shown(run(dead, "show", "--json", "--tables", "other")) == []


def shown(done: Result) -> List[Any]:
    assert done.exit_code == 0, done.output
    return [json.loads(text) for text in done.output.splitlines()]


def test_more_letters_than_the_limit_are_counted(dead: Path) -> None:
    assert "1 more: see --limit" in run(dead, "show", "--all", "--limit", "1").output


@pytest.mark.parametrize("name", ["list", "show", "retry"])
def test_a_place_that_this_machine_does_not_see_is_named_and_not_created(name: str, tmp_path: Path) -> None:
    done = run(tmp_path / "elsewhere", name)
    assert done.exit_code == 2
    assert f"{tmp_path}/elsewhere does not exist on this machine" in done.output
    assert not (tmp_path / "elsewhere").exists()


def test_without_a_place_there_are_no_letters(tmp_path: Path) -> None:
    config = tmp_path / "application.yaml"
    config.write_text("")
    done = CliRunner().invoke(polarshake, ["letters", "list", "--config", str(config)])
    assert (done.exit_code, "deadLetter.path is not set" in done.output) == (2, True)


FLINK = """\
#!{python}
import json, pathlib, stat, sys
words = sys.argv[1:]
keys = pathlib.Path(words[words.index("--keys") + 1])
folder = pathlib.Path(words[words.index("--report") + 1])
folder.mkdir(exist_ok=True)
(folder / "asked").write_text(keys.read_text() + oct(stat.S_IMODE(keys.stat().st_mode)) + " ".join(words))
summary = json.loads({summary!r})
summary["mode"]["file"] = {file} or str(keys)
(folder / "summary.json").write_text(json.dumps(summary))
"""


def flink(tmp_path: Path, file: str = "") -> FlinkRun:
    """A `flink` that writes the keys it was given, and a report."""
    summary = msgspec.json.encode(FakeKeyCheck().repair([]).summary).decode()
    program = tmp_path / "flink"
    program.write_text(FLINK.format(python=sys.executable, summary=summary, file=repr(file)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return FlinkRun([str(program)], ["--config", "a.yaml"], str(tmp_path / "report"))


def test_the_check_gets_the_keys_in_a_private_file_that_is_removed(
    tmp_path: Path,
) -> None:
    checked = KeyRepair(flink(tmp_path), load([], {})).repair([("orders", b'{"id":{"N":"1"}}')])
    asked = (tmp_path / "report" / "asked").read_text()
    assert asked.startswith('{"table":"orders","key":{"id":{"N":"1"}}}\n0o600')
    assert "--repair" in asked
    assert "--delete-extra" not in asked
    assert not Path(str(checked.summary.mode.file)).exists()


def test_a_report_of_another_check_is_not_taken_for_this_one(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match=r"its report is not in .*/report as seen from this machine"):
        KeyRepair(flink(tmp_path, "another.jsonl"), load([], {})).repair([])


def test_marks_are_stored_beside_the_letters_and_the_letters_are_kept(dead: Path) -> None:
    before = (dead / "dead-host-1.jsonl").read_bytes()
    marks = [Mark(letter(NEW).identity.hex(), "orders", 2.0, "2026-11-22T18:48:06Z", "me@here", "/report")]
    store_marks(FolderStorage(str(dead), "deadLetter.path"), marks)
    assert run(dead, "list").exit_code == 0
    assert (dead / "dead-host-1.jsonl").read_bytes() == before
    assert len(list(dead.glob(f"{SETTLED}*"))) == 2
