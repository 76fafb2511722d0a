"""Commands to a running forward job on a real cluster."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable

import msgspec
from click.testing import CliRunner

from connectors.command.app import polarshake
from connectors.command.cutover.control import PlacedCommands
from connectors.command.cutover.health import caught_up
from connectors.command.cutover.holding import HoldWatch
from connectors.command.cutover.share import SelectedTables
from connectors.command.progress.flink import FlinkJobs
from connectors.command.progress.snapshot import ChangedRates, JobProgress, Stage
from connectors.model.commands import StoredCommands
from connectors.model.events import EventKind, JobEvent
from connectors.storage.folder import FolderStorage
from local.stack.flink.cluster import FlinkCluster
from local.stack.home import PROJECT
from local.traffic import Client
from tests.cluster.kills import streaming
from tests.cluster.migration import Migration
from tests.cluster.submitted import until
from tests.cluster.test_forward import until_only_it_is_scanned_again
from tests.cluster.workers import workers

Measured = Callable[[str, object], None]


class Operator:
    """Gives commands to the job, and sees what `polarshake status` shows."""

    def __init__(self, moving: Migration, cluster: FlinkCluster, place: Path, measured: Measured) -> None:
        self._moving, self.place, self.measured = moving, place, measured
        self.jobs = FlinkJobs(cluster.address)

    def give(self, *words: str, code: int = 0, patience: float = 60.0) -> str:
        config = ["--config", str(PROJECT / "application.yaml"), "--set", f"control.path={self.place}"]
        began = time.monotonic()
        done = CliRunner().invoke(
            polarshake, [*words, *config, "--patience-seconds", str(patience)], catch_exceptions=False
        )
        self.measured(f"{' '.join(words[:2])}: answered after seconds", round(time.monotonic() - began, 1))
        assert done.exit_code == code, done.output
        return done.output

    @property
    def progress(self) -> JobProgress:
        return self.jobs.progress(self._moving.job_id)

    def until_suspended(self, *tables: str) -> None:
        until(lambda: list(self.progress.suspended) == list(tables), f"{tables} are suspended, and no other")


def test_one_table_is_suspended_resumed_and_copied_again_by_commands_while_the_others_follow(
    migration: Callable[..., Migration], cluster: FlinkCluster, tmp_path: Path, measured: Measured
) -> None:
    moving = migration(items=300)
    places = {"control__path": str(tmp_path / "control"), "notify__events": str(tmp_path / "events")}
    moving.submit(scan__readLimit__rate="0", **places)
    operator = Operator(moving, cluster, tmp_path / "control", measured)
    streaming(moving)
    table, other, third = moving.tables
    suspend_and_resume(operator, moving, table)
    hand_over_and_take_back(operator, moving, third)
    before = moving.begun()
    operator.give("throttle", "--table", table, "--scan", "40")
    operator.give("table", "rescan", table)
    until_only_it_is_scanned_again(moving, table, before)
    until(lambda: operator.progress.tables[table].rates == ChangedRates(scan=40), "the rate is shown")
    suspended_during_a_restart(operator, moving, cluster, other)
    operator.give("throttle", "--table", table, "--scan", "settings")
    moving.assert_consistent()
    until(lambda: operator.progress.commands_followed == 9, "each command was followed once")
    assert operator.progress.commands_refused == 1
    assert operator.progress.tables[table].generation == 2
    assert operator.progress.tables[table].rates == ChangedRates()
    assert_events(tmp_path / "events", table)


def assert_events(place: Path, table: str) -> None:
    """Of the first run, which no restart has interrupted."""
    lines = [line for file in place.iterdir() for line in file.read_bytes().splitlines()]
    events = [msgspec.json.decode(line, type=JobEvent) for line in lines]
    of_table = [event for event in sorted(events, key=lambda each: each.at) if event.table == table]
    phases = [event.outcome for event in of_table if event.kind is EventKind.PHASE]
    assert phases[:5] == ["found", "prepared", "registered", "scanning", "live"]
    kinds = [event.kind for event in of_table]
    first = [kinds.index(kind) for kind in (EventKind.SUSPENDED, EventKind.RESUMED, EventKind.COPIED_AGAIN)]
    assert first == sorted(first)
    assert {event.outcome for event in of_table if event.kind is EventKind.COMMAND} == {"followed", "refused"}


def suspend_and_resume(operator: Operator, moving: Migration, table: str) -> None:
    operator.give("table", "suspend", table)
    operator.until_suspended(table)
    assert not caught_up(operator.progress).ok
    moving.wait_written()
    others = [each for name, each in operator.progress.tables.items() if name != table]
    assert {other.stage for other in others} <= {Stage.LIVE, Stage.CATCHING_UP}
    refused = operator.give("table", "resume", f"{table}@2", code=1)
    assert f"{table}@2 is not the present suspension" in refused
    advice: Any = operator.progress.suspended[table].advice
    _, _, words = advice.partition("`polarshake ")
    operator.give(*words.split("`")[0].split())
    operator.until_suspended()


def hand_over_and_take_back(operator: Operator, moving: Migration, table: str) -> None:
    """Under traffic. Once the job is shown to hold the table, no write reaches the target."""
    control = PlacedCommands(StoredCommands(FolderStorage(str(operator.place), "control.path")), print)
    answer = control.hand_over([table])
    assert answer
    assert answer.followed
    watch, began = HoldWatch(answer.at), time.monotonic()
    jobs = SelectedTables(operator.jobs, [table])
    until(lambda: watch.take(jobs.progress(moving.job_id)).ok, f"the job holds {table}")
    operator.measured("held after seconds", round(time.monotonic() - began, 1))
    assert isinstance(moving.sides.target, Client)
    scanned = [moving.sides.target.ask("Scan", {"TableName": table})["Items"]]
    moving.wait_written(20)
    scanned.append(moving.sides.target.ask("Scan", {"TableName": table})["Items"])
    assert scanned[0] == scanned[1]
    assert operator.progress.tables[table].stage is Stage.HANDED_OVER
    assert operator.progress.suspended == {}
    operator.give("table", "resume", f"{table}@1")
    until(lambda: operator.progress.tables[table].follows, f"{table} goes on")


def suspended_during_a_restart(
    operator: Operator, moving: Migration, cluster: FlinkCluster, table: str
) -> None:
    """The command is placed while no worker runs."""
    workers(cluster)[0].kill()
    operator.give("table", "suspend", table, patience=180.0)
    moving.wait_restart(1)
    operator.until_suspended(table)
    moving.wait_checkpoint()
    workers(cluster)[0].kill()
    moving.wait_restart(2)
    operator.until_suspended(table)
    assert operator.progress.suspended[table].number == 1
    operator.give("table", "resume", f"{table}@1", patience=180.0)
    operator.until_suspended()
