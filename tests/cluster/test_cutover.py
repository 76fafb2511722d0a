"""Cut-over and rollback with the product's own commands: an application moves from the source to PolarDB and
back, and to PolarDB again, and none of its writes is lost."""

from __future__ import annotations

import itertools
import json
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Sequence

import pytest
from click.testing import CliRunner, Result

from connectors.base.errors import PreflightError
from connectors.base.heartbeat import heartbeat
from connectors.command.app import polarshake
from connectors.config import load
from connectors.model.dead_letters import DeadLetter, StoredDeadLetters
from connectors.model.writes import Write
from connectors.postgres.replication.connect import address_of
from connectors.postgres.replication.setup import teardown
from connectors.storage.folder import FolderStorage
from local.stack.flink.cluster import FlinkCluster
from local.stack.flink.config import flink_home
from local.stack.home import Home
from local.stack.postgres import Postgres
from local.stack.process import MARK
from local.traffic import Client, Ledger, Traffic
from local.traffic.plan import Table
from local.verify import check, compare_until_equal
from tests.cluster.checking import JOB as CHECK
from tests.cluster.migration import RATE, Migration, until

QUIET = 8.0
JOBS_OF_THE_COMMANDS = 5
"""Three checks, the reverse job, and the forward job that follows after the rollback. The last check before a
switch is not a job, in neither direction."""
WRITING_SECONDS = 6.0


class Operator:
    """The commands, in the environment of an operator who has set up `flink`."""

    def __init__(self, moving: Migration, postgres: Postgres, folder: Path) -> None:
        self.moving, self.folder = moving, folder
        self.parallelism = 2
        self._arguments = moving.settings(
            **{
                "polardb__hostname": postgres.host,
                "polardb__port": str(postgres.port),
                "polardb__slotName": f"slot_{moving.plan.prefix}",
                "polardb__publication": f"pub_{moving.plan.prefix}",
                "scan__readLimit__rate": "0",
                "scan__limit": "0",
            }
        )

    def run(self, command: str, *words: str, report: Optional[Path] = None) -> Result:
        options = ["--flink", self.moving.cluster.address, "--report", str(report or self.folder)]
        return self._run(command, *options, "--quiet-seconds", str(QUIET), *words)

    def retry_letters(self) -> Result:
        return self._run("letters", "retry", "--report", str(self.folder.parent / "letters"))

    def _run(self, *words: str) -> Result:
        options = [
            "--parallelism",
            str(self.parallelism),
            "--flink-command",
            str(flink_home() / "bin" / "flink"),
        ]
        done = CliRunner().invoke(polarshake, [*words, *self._arguments, *options])
        print(done.output)
        return done

    def status(self, *words: str) -> Result:
        return CliRunner().invoke(polarshake, ["status", "--flink", self.moving.cluster.address, *words])

    def changes(self) -> int:
        """Compare what has changed since the last check, and return the exit code."""
        since = ("--since", str(self.folder))
        done = self.moving.cluster.run_job(CHECK, *self._arguments, *since, detached=False, check=False)
        print(done.output)
        return done.exit_code

    def last_check_seconds(self) -> float:
        return float(json.loads((self.folder / "changes" / "summary.json").read_text())["seconds"])

    def live(self) -> int:
        return self.status("--json").output.count('"phase": "live"')

    def release(self, environment: Any) -> None:
        settings = load(self._arguments, environment)
        teardown(address_of(settings), settings.feeds, print)


@pytest.fixture
def operator(
    migration: Callable[..., Migration],
    cluster: FlinkCluster,
    postgres: Postgres,
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Operator]:
    for name, value in {
        **cluster.env(),
        "FLINK_IDENT_STRING": cluster.name,
        MARK: f"{home.root}/{cluster.name}-client",
        "POLARSHAKE_POLARDB_USERNAME": postgres.user,
        "POLARSHAKE_POLARDB_PASSWORD": postgres.password.reveal(),
    }.items():
        monkeypatch.setenv(name, value)
    operator = Operator(migration(items=600, traffic=False), postgres, tmp_path / "report")
    cluster.submitted += JOBS_OF_THE_COMMANDS
    yield operator
    operator.moving.abandon()
    cluster.cancel_all()
    until(lambda: _released(operator, dict(os.environ)), "the slot is free", 60)


def _released(operator: Operator, environment: Any) -> bool:
    try:
        operator.release(environment)
    except PreflightError:
        return False
    return True


@contextmanager
def writing(side: Client, moving: Migration) -> Iterator[Traffic]:
    """The application at one of its addresses, with the same ledger."""
    ledger = Ledger.open(moving.ledger, moving.plan)
    traffic = Traffic(side, moving.plan, ledger, RATE).start()
    try:
        yield traffic
        traffic.wait(WRITING_SECONDS)
        stats = traffic.stop()
        assert stats.applied > 0, stats.line()
    finally:
        traffic.request_stop()
        ledger.close()


def reject(moving: Migration) -> None:
    """As if the target had rejected an older version of an item."""
    table, target = moving.plan.all_tables[0], moving.sides.target
    assert isinstance(target, Client)
    item = target.ask("Scan", {"TableName": table.name, "Limit": 1})["Items"][0]
    key = {name: item[name] for name in table.key_names}
    target.ask("DeleteItem", {"TableName": table.name, "Key": key})
    older = json.dumps({**key, "v": {"S": "older"}}).encode()
    letters = StoredDeadLetters(FolderStorage(str(moving.dead), "deadLetter.path"))
    letters.add([DeadLetter(Write(table.name, older, False, "segment 1 of 1"), "too large")])
    letters.close()


def change(side: Any, table: Table, value: str) -> Any:
    """Write a new version of one item, and return it."""
    [item] = side.ask("Scan", {"TableName": table.name, "Limit": 1})["Items"]
    item["written"] = {"S": value}
    side.ask("PutItem", {"TableName": table.name, "Item": item})
    return item


@contextmanager
def changing(side: Client, tables: Sequence[Table]) -> Iterator[None]:
    """The application goes on with these tables."""
    numbers = itertools.count()

    def write(_: float) -> None:
        number = next(numbers)
        change(side, tables[number % len(tables)], str(number))

    with heartbeat(write, every=0.2):
        yield


def lines(done: Result) -> List[str]:
    return [line for line in done.output.splitlines() if "/" not in line]


def test_an_application_moves_to_polardb_and_back_and_again_without_a_new_copy(
    operator: Operator, postgres: Postgres, source_secret: str, measured: Callable[[str, object], None]
) -> None:
    moving, began = operator.moving, time.monotonic()
    moving.submit(scan__readLimit__rate="0")
    until(lambda: operator.live() == len(moving.tables), "all tables are live")
    measured("live after", round(time.monotonic() - began))

    reject(moving)
    settled = operator.retry_letters()
    assert (settled.exit_code, "1 dead letter settled" in settled.output) == (0, True), settled.output
    measured("letter settled after", round(time.monotonic() - began))

    # No check runs during the writes: another test covers the lag.
    assert operator.run("cutover", "--patience-seconds", "1").exit_code == 1
    with writing(moving.sides.source, moving):
        assert (operator.changes(), operator.changes()) == (0, 0)
        refused = operator.run("cutover", "--patience-seconds", str(QUIET + 2))
    assert refused.exit_code == 1, refused.output
    assert "NO  not quiet within" in refused.output
    assert "a check started at" not in refused.output
    measured("refused while writes continue, after", round(time.monotonic() - began))

    done = operator.run("cutover")
    assert done.exit_code == 0, done.output
    assert "SWITCH NOW" in done.output
    assert "then 3 generations" in done.output
    assert "a check started at" not in done.output
    measured("seconds of the last check", operator.last_check_seconds())
    assert max(map(len, lines(done))) <= 80
    moving.cluster.wait_status(moving.job_id, "FINISHED")
    measured("switched after", round(time.monotonic() - began))

    assert isinstance(moving.sides.target, Client)
    with writing(moving.sides.target, moving):
        pass
    until(lambda: '"active": true' in operator.status("--json").output, "the slot is shown as active")
    read = moving.begun()
    back = operator.run("rollback")
    assert back.exit_code == 0, back.output
    assert "SWITCH BACK NOW" in back.output
    assert "then 4 generations" in back.output
    assert "a check started at" not in back.output
    measured("seconds of the last check of the rollback", operator.last_check_seconds())
    measured("switched back after", round(time.monotonic() - began))

    verdict = compare_until_equal(moving.sides.source, moving.sides.target, moving.tables, patience=20)
    assert verdict.equal, str(verdict)
    with writing(moving.sides.source, moving):
        pass
    kept = check(moving.sides.source, moving.ledger)
    assert kept.equal, str(kept)
    for file in ("cutover.md", "cutover.json", "rollback.md", "rollback.json"):
        text = (operator.folder / file).read_text()
        assert not any(secret in text for secret in (source_secret, postgres.password.reveal()))
    assert operator.run("cutover").exit_code == 2

    # Neither the check in the rollback nor the forward job after it has read a segment.
    assert moving.begun() == read
    again = operator.run("cutover", "--new-journal", "--without-reverse")
    assert again.exit_code == 0, again.output
    assert "then 5 generations" in again.output
    assert "a check started at" not in again.output
    verdict = compare_until_equal(moving.sides.source, moving.sides.target, moving.tables, patience=20)
    assert verdict.equal, str(verdict)
    measured("switched again after", round(time.monotonic() - began))


def test_a_group_of_tables_moves_first_and_the_others_follow(
    operator: Operator, tmp_path: Path, measured: Callable[[str, object], None]
) -> None:
    moving, began = operator.moving, time.monotonic()
    operator.parallelism = 1  # three jobs run at the same time
    moving.submit(parallelism=1, scan__readLimit__rate="0")
    until(lambda: operator.live() == len(moving.tables), "all tables are live")
    source, target = moving.sides.source, moving.sides.target
    assert isinstance(target, Client)
    group, *others = moving.plan.all_tables

    with changing(source, others):
        done = operator.run("cutover", "--tables", group.name, report=tmp_path / "group")
        assert (done.exit_code, "SWITCH NOW" in done.output) == (0, True), done.output
        measured("the group has switched after", round(time.monotonic() - began))
        for number in range(5):
            change(target, group, f"moved {number}")
    assert operator.status("--json").output.count('"phase": "handed over"') == 1
    verdict = compare_until_equal(source, target, moving.tables, patience=60)
    assert verdict.equal, str(verdict)

    with changing(target, [group]):
        done = operator.run("cutover", report=tmp_path / "rest")
        assert (done.exit_code, "SWITCH NOW" in done.output) == (0, True), done.output
    moving.cluster.wait_status(moving.job_id, "FINISHED")
    written = {table: change(target, table, "moved at last") for table in moving.plan.all_tables}
    verdict = compare_until_equal(source, target, moving.tables, patience=60)
    assert verdict.equal, str(verdict)
    for table, item in written.items():
        key = {name: item[name] for name in table.key_names}
        assert source.ask("GetItem", {"TableName": table.name, "Key": key})["Item"] == item
    measured("the rest has switched after", round(time.monotonic() - began))
