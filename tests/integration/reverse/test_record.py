"""The last check of a way back, from the reverse job's record: with a PostgreSQL, the stand-in before it, and
the local stack's DynamoDB."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Callable, Iterator, List

import psycopg2
import pytest

from connectors.check.changes.chain import BrokenChain
from connectors.check.changes.generation import Generations
from connectors.check.changes.link import turned_back
from connectors.check.changes.log import LogView, state_of
from connectors.check.changes.stored import latest_of, place_of_changes, turn_chain
from connectors.check.report.summary import Summary, Verdict
from connectors.config.choices import Direction
from connectors.model.key_record import segment_name
from connectors.postgres.replication.connect import address_of
from connectors.postgres.replication.slot import advance, end_of_log
from connectors.reverse.validate import set_up, tear_down
from local.stack.postgres import Postgres
from local.stack.source import Source
from local.stack.standin import StandIn
from tests.harness.check import CheckPipeline
from tests.harness.reverse import ReversePipeline
from tests.harness.slots import wait_free
from tests.integration.reverse.both_sides import BothSides

COUNT = 30


class WayBack(BothSides):
    """A table with the same items on both sides, the chain that a cut-over leaves, and the reverse job."""

    def __init__(self, source: Source, standin: StandIn, postgres: Postgres, folder: Path) -> None:
        super().__init__(source, standin, postgres)
        self.place, self.record = folder / "report", folder / "dead" / "changed-keys"
        self.settings = self.settings_with(
            {
                "deadLetter.path": folder / "dead",
                "check.report": self.place,
                "check.windowSeconds": 0.5,
                "check.settleSeconds": 1,
                "reverse.truncate": "delete",
            }
        )
        self.back = replace(self.settings, check=replace(self.settings.check, direction=Direction.REVERSE))
        self.dynamodb.ask("CreateTable", self.definition(stream=True))
        self.polardb.ask("CreateTable", self.definition(stream=False))
        for side in (self.dynamodb, self.polardb):
            for number in range(COUNT):
                self.put(side, f"k{number}", "first")
        set_up(self.settings, print)
        self._cut_over()
        self.job = ReversePipeline(self.settings)

    def _cut_over(self) -> None:
        check = CheckPipeline(self.settings)
        assert check.run().verdict is Verdict.EQUAL
        check.close()
        position = end_of_log(address_of(self.settings))
        advance(address_of(self.settings), self.slot, position)
        with ThreadPoolExecutor(2) as pool:
            log = state_of(
                LogView(self.settings, pool).look([self.table]), {self.slot: position}, [self.table]
            )
        chain = turned_back(latest_of(str(self.place), self.settings), 0.0, log)
        assert chain
        turn_chain(str(self.place), chain, self.settings)

    def sql(self, statement: str) -> None:
        connection = psycopg2.connect(self.postgres.dsn, dbname=self.settings.polardb.database)
        connection.autocommit = True
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    def catch_up(self) -> None:
        """Everything is in DynamoDB, and the slot is past it."""
        end = end_of_log(address_of(self.settings))
        self.job.run_until(lambda: min([each.lsn for each in self.job.positions()], default=0) >= end)

    def next(self) -> Summary:
        """A generation, while the job runs."""
        chain = latest_of(str(self.place), self.back)
        place = place_of_changes(str(self.place), None)
        generations = Generations(self.back, chain, place, lambda _: self.job.turn())
        try:
            return generations.next()
        finally:
            generations.close()

    def segments(self) -> List[Path]:
        return sorted(path for path in self.record.iterdir() if segment_name(path.name))

    def close(self) -> None:
        self.job.close()
        wait_free(self.postgres.dsn, self.slot)
        tear_down(self.settings, print)
        super().close()


@pytest.fixture
def way_back(source: Source, standin: StandIn, postgres: Postgres, tmp_path: Path) -> Iterator[WayBack]:
    made = WayBack(source, standin, postgres, tmp_path)
    yield made
    made.close()


def test_a_generation_of_the_way_back_compares_the_keys_that_have_changed_and_no_others(
    way_back: WayBack,
) -> None:
    way_back.put(way_back.polardb, "k1", "second")
    way_back.put(way_back.polardb, "new", "first")
    way_back.polardb.ask("DeleteItem", {"TableName": way_back.table, "Key": {"id": {"S": "k2"}}})
    way_back.catch_up()
    first = way_back.next()
    assert (first.verdict, first.totals.compared, first.mode.generation) == (Verdict.EQUAL, 3, 1)
    way_back.put(way_back.polardb, "k3", "second")
    assert way_back.next().totals.compared == 1
    last = way_back.next()
    assert (last.verdict, last.totals.compared, last.mode.generation) == (Verdict.EQUAL, 0, 3)


def test_a_change_that_the_reverse_job_has_lost_is_found(way_back: WayBack) -> None:
    way_back.put(way_back.polardb, "k1", "second")
    way_back.catch_up()
    way_back.put(way_back.dynamodb, "k1", "first")
    assert way_back.next().verdict is Verdict.DIFFERENT
    way_back.put(way_back.dynamodb, "k1", "second")
    assert way_back.next().verdict is Verdict.EQUAL


def test_what_others_write_to_dynamodb_is_not_in_the_record(way_back: WayBack) -> None:
    way_back.put(way_back.dynamodb, "k5", "by somebody else")
    assert way_back.next().verdict is Verdict.EQUAL


def test_the_record_goes_on_without_a_hole_when_the_job_crashes(way_back: WayBack) -> None:
    for turn in range(4):
        way_back.put(way_back.polardb, f"k{turn}", "second")
        way_back.job.run_for(0.4)
        way_back.job.crash()
    way_back.catch_up()
    summary = way_back.next()
    assert (summary.verdict, summary.totals.compared) == (Verdict.EQUAL, 4)


def lose(way_back: WayBack) -> None:
    """An older segment is lost, after newer ones."""
    way_back.job.run_for(1.5)
    way_back.put(way_back.polardb, "k2", "second")
    way_back.catch_up()
    way_back.segments()[0].unlink()


def edit(way_back: WayBack) -> None:
    path = way_back.segments()[0]
    path.write_bytes(path.read_bytes().replace(b"k1", b"k2"))


def truncate(way_back: WayBack) -> None:
    way_back.sql(f'TRUNCATE "{way_back.table}"')
    way_back.catch_up()


def move_the_slot(way_back: WayBack) -> None:
    """A change is skipped by hand. The reverse job has not seen it."""
    way_back.job.close()
    wait_free(way_back.postgres.dsn, way_back.slot)
    way_back.put(way_back.polardb, "k9", "skipped")
    address = address_of(way_back.settings)
    advance(address, way_back.slot, end_of_log(address))
    way_back.job = ReversePipeline(way_back.settings)
    way_back.put(way_back.polardb, "k2", "second")
    way_back.catch_up()


def leave_out(way_back: WayBack) -> None:
    """For some time the reverse job ran without the table."""
    way_back.job.close()
    wait_free(way_back.postgres.dsn, way_back.slot)
    way_back.put(way_back.polardb, "k9", "left out")
    others = replace(way_back.settings, filter=replace(way_back.settings.filter, white_table_set=("x",)))
    way_back.job = ReversePipeline(others)
    way_back.catch_up()
    way_back.job.close()
    wait_free(way_back.postgres.dsn, way_back.slot)
    way_back.job = ReversePipeline(way_back.settings)


def rewrite(way_back: WayBack) -> None:
    table = f'ALTER TABLE "{way_back.table}"'
    way_back.sql(f"{table} SET UNLOGGED")
    way_back.sql(f"{table} SET LOGGED")


def create_again(way_back: WayBack) -> None:
    """DynamoDB's table is deleted and created again: it lacks what did not change."""
    way_back.dynamodb.ask("DeleteTable", {"TableName": way_back.table})
    request = {
        "TableName": way_back.table,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    way_back.dynamodb.ask("CreateTable", request)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lose, "lacks the changes of slot"),
        (edit, "is damaged, or was edited"),
        (truncate, "it was truncated"),
        (move_the_slot, "lacks the changes of slot"),
        (leave_out, "was left out by the reverse job"),
        (rewrite, "was rewritten by ALTER TABLE"),
        (create_again, "was deleted and created again"),
    ],
)
def test_what_is_not_recorded_breaks_the_chain(
    way_back: WayBack, harm: Callable[[WayBack], None], reason: str
) -> None:
    way_back.put(way_back.polardb, "k1", "second")
    way_back.catch_up()
    harm(way_back)
    began = time.monotonic()
    with pytest.raises(BrokenChain, match=reason):
        way_back.next()
    print(f"broken after {time.monotonic() - began:.1f} s")
