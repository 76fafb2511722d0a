"""The cut-over of a group of tables, then of the next one, then of the rest, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List, Optional, Sequence

import msgspec
import pytest

from connectors.command.cutover.ports import TableControl
from connectors.model.commands import CommandAnswer, TableAnswer
from tests.fakes.cutover import LIVE, slot
from tests.fakes.flink import FakeJob
from tests.unit.connectors.command.cutover.bench import T0, Bench


class FakeControl(TableControl):
    """Shows what the forward job shows after a command. `silent`: it does not answer; `refuses`: a text."""

    def __init__(self, job: FakeJob, clock: Callable[[], float]) -> None:
        self.job, self._clock = job, clock
        self.given: List[Sequence[str]] = []
        self.silent, self.refuses = False, ""
        self.before: Callable[[], None] = lambda: None

    def hand_over(self, tables: Sequence[str]) -> Optional[CommandAnswer]:
        self.before()
        return self._answer(tables, {"handedOver": 1, "handedOverAt": int(self._clock())})

    def take_back(self, tables: Sequence[str]) -> Optional[CommandAnswer]:
        return self._answer(tables, {"handedOver": 0, "handedOverAt": 0, "lagSeconds": 6})

    def _answer(self, tables: Sequence[str], shown: Any) -> Optional[CommandAnswer]:
        self.given.append(list(tables))
        if self.silent:
            return None
        if self.refuses:
            return CommandAnswer("1-x", self._clock(), [TableAnswer(tables[0], False, self.refuses)])
        for table in tables:
            self.job.tables[table.partition("@")[0]].update(shown)
        return CommandAnswer("1-x", self._clock(), [TableAnswer(table, True, "done") for table in tables])


class Town(Bench):
    """A forward job that moves orders, users and carts, of which some are handed over already."""

    def __init__(self, folder: Path, *group: str, kind: str = "cutover", **options: Any) -> None:
        super().__init__(folder, kind, **options)
        self.group = group
        self.forward = self.job if kind == "cutover" else FakeJob("f1", "polarshake forward")
        self.flink.known["f1"] = self.forward
        self.forward.tables = {name: dict(LIVE) for name in ("orders", "users", "carts")}
        self.streams.changes = dict.fromkeys(group or self.forward.tables, 5)
        self.hands = FakeControl(self.forward, lambda: self.now)
        self.control = self.hands
        self.after_sleep = self.measure
        self.checked: Sequence[str] = group or list(self.forward.tables)
        self.runner.during_check = self.complete
        self.measure()

    def measure(self) -> None:
        """The job completes a checkpoint and measures its lags, each second."""
        self.forward.checkpointed = self.now
        for numbers in self.forward.tables.values():
            numbers["measuredAt"] = int(self.now)

    def complete(self) -> None:
        """The check has compared its tables."""
        found = self.reports.summary
        assert found
        tables = [msgspec.structs.replace(found.tables[0], table=name) for name in self.checked]
        self.reports.summary = msgspec.structs.replace(found, tables=tables)

    def handed_over(self, *tables: str, since: float = T0) -> Town:
        for table in tables:
            self.forward.tables[table].update(
                {"handedOver": 1, "handedOverAt": int(since), "lagSeconds": 900}
            )
        return self

    def replicating(self, *names: str) -> Town:
        """A reverse job of earlier groups runs, and reads the slot."""
        assert self.slots
        self.flink.known["r0"] = FakeJob("r0", "polarshake reverse")
        self.slots.found = {"flink_slot": slot(pid=7)}
        return self


@pytest.fixture
def first(tmp_path: Path) -> Town:
    return Town(tmp_path, "orders", "users")


def test_a_group_is_handed_over_and_the_forward_job_goes_on(first: Town) -> None:
    assert first.run() == 0
    assert first.hands.given == [["orders", "users"]]
    assert first.flink.stopped == []
    assert first.runner.ran == ["check forward", "check forward", "reverse"]
    assert "SWITCH NOW: for the tables orders, users, point the application at" in first.last.saw
    assert "- tables: orders, users" in first.page
    assert "- handed over by job f1 at" in first.page
    assert "savepoint" not in first.page


def test_the_command_can_be_repeated_after_each_step(first: Town) -> None:
    for step in ("check", "quiet", "lag", "last-check", "stop", "slot", "reverse", "switch", "switch"):
        assert first.run(step) == 0, first.last
    assert len(first.hands.given) == 1
    assert first.runner.ran.count("reverse") == 1


def test_writes_to_other_tables_do_not_disturb_the_cut_over_of_a_group(first: Town) -> None:
    first.forward.tables["carts"].update(lagSeconds=900, suspended=1, suspendedReason=5)
    assert first.run() == 0


def test_a_table_that_the_job_does_not_show_is_refused(tmp_path: Path) -> None:
    town = Town(tmp_path, "orders", "order")
    assert town.run() == 1
    assert "shows no table order" in town.record.log[-1].saw


def test_a_released_table_of_the_group_is_refused_before_anything_is_handed_over(first: Town) -> None:
    first.forward.tables["users"]["released"] = 1
    assert first.run() == 1
    assert "users is released" in first.last.saw
    assert first.hands.given == []


def test_a_check_of_other_tables_does_not_count(first: Town) -> None:
    first.checked = ["orders"]
    assert first.run() == 1
    assert "did not compare table users" in first.last.saw


def test_a_job_that_does_not_answer_leaves_the_cut_over_open(first: Town) -> None:
    first.hands.silent = True
    assert first.run() == 2
    assert "has not answered" in first.last.saw
    first.hands.silent = False
    assert first.run() == 0


def test_a_refusal_of_the_job_is_shown(first: Town) -> None:
    first.hands.refuses = "table users is not live"
    assert first.run() == 1
    assert "users is not live" in first.last.saw
    assert "polarshake table resume" in first.last.do


@pytest.mark.parametrize(
    ("stale", "saw"),
    [
        (lambda town: setattr(town.forward, "checkpointed", T0), "no checkpoint"),
        (
            lambda town: town.forward.tables["users"].update(measuredAt=int(T0)),
            "no worker has measured users",
        ),
        (lambda town: town.forward.tables["users"].update(handedOver=0), "does not show users"),
    ],
)
def test_without_a_later_checkpoint_and_later_measurements_nothing_is_proven(
    first: Town, stale: Callable[[Town], None], saw: str
) -> None:
    def measure() -> None:
        Town.measure(first)
        if first.hands.given:
            stale(first)

    first.after_sleep = measure
    assert first.run() == 1
    assert saw in first.last.saw
    assert first.record.stopped is None


def test_a_write_before_the_job_lets_go_is_found_and_the_tables_are_resumed(first: Town) -> None:
    first.hands.before = lambda: first.streams.write("users")
    assert first.run() == 1
    assert "users +1" in first.last.saw
    assert "polarshake table resume orders@1 users@1" in first.last.do
    first.hands.before = lambda: None
    assert first.run() == 1
    assert "polarshake table resume" in first.last.do
    first.hands.take_back(["orders@1", "users@1"])
    assert first.run() == 0
    assert len([given for given in first.hands.given if given == ["orders", "users"]]) == 2


def test_a_restart_before_the_job_lets_go_proves_nothing(first: Town) -> None:
    first.hands.before = lambda: setattr(first.streams, "restarts", 1)
    assert first.run() == 1
    assert "the job has restarted" in first.last.saw


def test_a_group_that_the_job_moves_again_is_not_switched(first: Town) -> None:
    assert first.run("slot") == 0
    first.hands.take_back(["orders@1", "users@1"])
    assert first.run() == 1
    assert "moves orders, users again" in first.last.saw
    assert "reverse" not in first.runner.ran


def test_a_dry_run_hands_nothing_over(tmp_path: Path) -> None:
    town = Town(tmp_path, "orders", dry_run=True)
    assert town.run() == 0
    assert town.hands.given == []
    assert not list(tmp_path.iterdir())


def test_a_reverse_job_that_was_started_by_hand_is_replaced_by_one_that_skips_the_other_tables(
    first: Town,
) -> None:
    first.replicating()
    assert first.run() == 0
    assert first.flink.stopped == ["r0"]
    assert first.runner.ran[-1] == "reverse"


def test_the_next_group_joins_the_reverse_job_without_a_gap(tmp_path: Path) -> None:
    town = Town(tmp_path, "carts").handed_over("orders", "users").replicating()
    assert town.slots
    town.slots.log_end = 250
    assert town.run() == 0, town.last
    assert town.record.earlier == ["orders", "users"]
    assert town.record.replaced == "r0"
    assert town.flink.stopped == ["r0"]
    assert town.slots.advanced == []
    assert town.slots.found["flink_slot"].confirmed_lsn == 250


def test_a_reverse_job_that_replicates_more_is_not_replaced_by_one_that_does_not(first: Town) -> None:
    first.replicating()
    first.flink.known["r0"].tables = {"orders": {"read": 3}, "carts": {"read": 1}}
    first.flink.known["r0"].slots = {"flink_slot": {"slotActive": 1}}
    assert first.run() == 1
    assert "replicates carts, too" in first.last.saw
    assert first.flink.stopped == []


def test_the_reverse_job_of_earlier_groups_passes_the_writes_of_the_migration_before_it_is_stopped(
    tmp_path: Path,
) -> None:
    town = Town(tmp_path, "carts").handed_over("orders", "users").replicating()
    assert town.slots
    town.slots.poll = lambda: [slot(pid=7, confirmed=100, end=250)]  # type: ignore[method-assign]
    town.slots.log_end = 250
    assert town.run() == 1
    assert town.last.step == "slot"
    assert town.flink.stopped == []


def test_a_slot_that_holds_changes_of_earlier_groups_is_never_advanced(tmp_path: Path) -> None:
    town = Town(tmp_path, "carts").handed_over("orders").replicating()
    assert town.slots
    assert town.run("stop") == 0
    town.flink.known["r0"].state = "FAILED"
    town.slots.read(None)
    town.slots.log_end = 250
    assert town.run() == 1
    assert "no reverse job runs for orders" in town.last.saw
    assert town.slots.advanced == []


def test_a_slot_that_is_behind_after_its_job_was_stopped_is_not_advanced_either(tmp_path: Path) -> None:
    town = Town(tmp_path, "carts").handed_over("orders").replicating()
    assert town.slots
    assert town.run("slot") == 0
    town.slots.found["flink_slot"] = slot(confirmed=20)
    assert town.run() == 1
    assert (town.last.step, town.slots.advanced) == ("slot", [])


def test_without_the_reverse_job_of_earlier_groups_no_group_is_handed_over(tmp_path: Path) -> None:
    town = Town(tmp_path, "carts").handed_over("orders")
    assert town.run() == 1
    assert (town.last.step, town.hands.given) == ("stop", [])
    assert "no reverse job runs for orders" in town.last.saw


def test_a_group_is_not_left_out_of_a_running_reverse_job(tmp_path: Path) -> None:
    town = Town(tmp_path, "carts", slots=False).handed_over("orders")
    town.flink.known["r0"] = FakeJob("r0", "polarshake reverse")
    assert town.run() == 1
    assert "replicates orders" in town.last.saw


def test_an_earlier_cut_over_does_not_start_a_reverse_job_that_would_skip_a_later_group(first: Town) -> None:
    assert first.run() == 0
    first.handed_over("carts")
    first.flink.known["r1"].state = "FAILED"
    assert first.run("reverse") == 1
    assert "carts was handed over since" in first.last.saw


def test_an_answer_of_flink_without_what_is_handed_over_starts_no_reverse_job(first: Town) -> None:
    assert first.run("slot") == 0
    whole = first.forward.tables
    first.forward.tables = {name: {"lagSeconds": 6, "measuredAt": 1} for name in whole}
    assert first.run() == 2
    assert "reverse" not in first.runner.ran
    first.forward.tables = whole
    assert first.run() == 0


def test_the_rest_is_cut_over_without_the_tables_that_are_handed_over(tmp_path: Path) -> None:
    town = Town(tmp_path).handed_over("orders", "users").replicating()
    town.checked = ["carts"]
    assert town.run() == 0, town.last
    assert town.record.tables == ["carts"]
    assert town.record.selection == ["--set", 'filter.blackTableSet=["orders", "users"]']
    assert town.flink.stopped == ["f1", "r0"]
    assert town.runner.ran[-1] == "reverse"


def test_a_table_that_is_handed_over_meanwhile_invalidates_earlier_results(tmp_path: Path) -> None:
    town = Town(tmp_path)
    assert town.run("last-check") == 0
    town.handed_over("orders").replicating()
    town.checked = ["users", "carts"]
    assert town.run() == 0, town.last
    assert "check" in town.runner.ran[-2]
    assert town.record.tables == ["carts", "users"]


def test_a_rollback_takes_back_what_was_handed_over_and_the_forward_job_goes_on(tmp_path: Path) -> None:
    town = Town(tmp_path, kind="rollback").handed_over("orders", "users")
    town.checked = ["orders", "users"]
    assert town.run() == 0, town.last
    assert town.record.selection == ["--set", 'filter.whiteTableSet=["orders", "users"]']
    assert town.hands.given == [["orders@1", "users@1"]]
    assert town.flink.stopped == ["r1"]
    assert town.runner.ran == ["check reverse"]
    assert town.run() == 0


def test_a_rollback_after_a_day_copies_again_and_says_so(tmp_path: Path) -> None:
    town = Town(tmp_path, kind="rollback").handed_over("orders", since=T0 - 86_000)
    town.checked = ["orders"]
    assert town.run() == 1
    assert "polarshake table rescan orders@1" in town.last.do
    assert town.hands.given == []
    town.forward.tables["orders"].update(handedOver=0, lagSeconds=6)
    assert town.run() == 0, town.last


def test_a_rollback_that_waits_for_its_tables_does_not_switch_back(tmp_path: Path) -> None:
    town = Town(tmp_path, kind="rollback").handed_over("orders")
    town.checked = ["orders"]
    town.hands.take_back = lambda tables: town.hands._answer(tables, {"handedOver": 0})  # type: ignore[method-assign]
    assert town.run() == 1
    assert "orders is catching up" in town.last.saw
