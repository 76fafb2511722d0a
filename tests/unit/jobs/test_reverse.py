"""The reverse job's main with the parts that need Flink or a database replaced."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Iterator, List

import pytest

from connectors.base.errors import PreflightError

Main = Callable[[List[str]], None]
GUIDE = """\
source:
  hostname: pc-xxx.pg.polardb.rds.aliyuncs.com
  port: 5432
  slotName: flink_slot
target:
  region: cn-north-1
filter:
  whiteTableSet:
  blackTableSet:
checkpoint:
  interval: 3000
"""
ARGUMENTS = ["--polardbusername", "u", "--polardbpassword", "p", "--dynamodbak", "a", "--dynamodbsk", "s"]


def stub(name: str, **members: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(members)
    return module


class Started:
    """The arguments with which the job was started."""

    def __init__(self) -> None:
        self.jobs: List[Any] = []

    def environment(self, settings: Any) -> Any:
        return settings

    def replication(self, env: Any, components: Any) -> Any:
        return components

    def submit(self, env: Any, output: Any, name: str) -> None:
        self.jobs.append(output)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    made = Started()
    graph = stub("graph", environment=made.environment, resumed=lambda: False)
    monkeypatch.setitem(sys.modules, "connectors.engine.flink.graph", graph)
    replication = stub("replication", replication=made.replication)
    monkeypatch.setitem(sys.modules, "connectors.reverse.flink", replication)
    monkeypatch.setitem(
        sys.modules, "connectors.engine.flink.submit", stub("submit", leave=sys.exit, submit=made.submit)
    )
    for name in list(os.environ):
        if name.startswith(("AWS_", "POLARSHAKE_")):
            monkeypatch.delenv(name)
    monkeypatch.delitem(sys.modules, "jobs.reverse", raising=False)
    yield made
    monkeypatch.delitem(sys.modules, "jobs.reverse", raising=False)


@pytest.fixture
def main(started: Started, monkeypatch: pytest.MonkeyPatch) -> Main:
    import jobs.reverse

    monkeypatch.setattr(jobs.reverse, "identities", lambda settings, resumed: b"known")
    return jobs.reverse.main


def refused(main: Main, capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(argv))
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    return shown.err


def test_the_guides_own_file_and_four_arguments_start_the_job(
    main: Main, started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["jobs.reverse"], "validate", lambda settings, resumed: 0)
    file = tmp_path / "application.yaml"
    file.write_text(GUIDE)
    main(["--config", str(file), *ARGUMENTS])
    [components] = started.jobs
    assert components.settings.feeds == [("flink_slot", "dbz_publication")]
    assert components.settings.polardb.database == "polardb_internal_dynamodb"
    assert (components.settings.dynamodb.region, components.start) == ("cn-north-1", 0)


def test_the_position_to_start_from_and_the_identities_travel_with_the_job(
    main: Main, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["jobs.reverse"], "validate", lambda settings, resumed: 4711)
    main(ARGUMENTS)
    assert (started.jobs[0].start, started.jobs[0].known) == (4711, b"known")


def test_a_missing_required_setting_is_reported(
    main: Main, started: Started, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refused(main, capsys)
    assert "polardb.hostname" in message
    assert "--polardbusername" in message
    message = refused(
        main, capsys, "--set", "polardb.hostname=h", "--set", "reverse.missingTable=create", *ARGUMENTS
    )
    assert "polardb.endpoint" in message
    assert started.jobs == []


def test_obstacles_are_reported_and_nothing_is_started(
    main: Main, started: Started, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(settings: object, resumed: bool) -> int:
        raise PreflightError("slot: no")

    monkeypatch.setattr(sys.modules["jobs.reverse"], "validate", refuse)
    assert refused(main, capsys, *ARGUMENTS) == "slot: no\n"
    assert started.jobs == []


@pytest.mark.parametrize("command", ["--setup", "--teardown"])
def test_a_command_runs_and_starts_no_job(
    main: Main,
    started: Started,
    command: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commands = sys.modules["jobs.reverse"].COMMANDS
    monkeypatch.setitem(commands, command, lambda settings, say: say("SELECT 1;"))
    main([command, *ARGUMENTS])
    assert capsys.readouterr().out == "SELECT 1;\n"
    assert started.jobs == []


def test_a_command_that_is_refused_ends_with_code_2(main: Main, capsys: pytest.CaptureFixture[str]) -> None:
    assert "polardb.hostname" in refused(main, capsys, "--setup")


def test_a_client_without_psycopg2_and_botocore_submits_what_the_workers_can_run() -> None:
    """This happens in a workspace in which only the workers have the Python libraries."""
    program = (
        "import os, pickle, sys\n"
        "sys.modules.update(dict.fromkeys(['psycopg2', 'botocore', 'boto3']))\n"
        "from connectors.config import load\n"
        "from connectors.reverse.validate import validate\n"
        "from connectors.reverse.components import ReverseJob\n"
        f"settings = load(['--config', 'application.yaml', *{ARGUMENTS}, '--set', 'polardb.hostname=h', "
        "'--set', 'dynamodb.region=us-east-1'], {})\n"
        "pickle.dumps(ReverseJob(settings, validate(settings, resumed=False)))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
