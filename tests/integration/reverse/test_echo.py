"""Forward and reverse at the same time: changes do not circle, and none is put back over a newer one."""

import time

import pytest

from connectors.command.slot.watch import StoredWrites
from connectors.reverse.components import ReverseParts
from connectors.reverse.foreign_watch import ForeignWatch
from connectors.reverse.validate import set_up, tear_down
from connectors.storage.folder import FolderStorage
from tests.harness.pipeline import Pipeline
from tests.harness.reverse import ReversePipeline
from tests.harness.slots import wait_free
from tests.integration.reverse.both_sides import BothSides

QUIET_SECONDS = 3.0
"""Several times around: a change takes well under half a second each way."""


class Both(BothSides):
    """A table that both jobs serve."""

    def __init__(self, source, standin, postgres, folder, **sets):
        super().__init__(source, standin, postgres)
        quick = {"streams.graceSeconds": 0, "streams.pollMilliseconds": 50}
        self.settings = self.settings_with({**quick, "deadLetter.path": folder}, **sets)
        self.dynamodb.ask("CreateTable", self.definition(stream=True))
        self.forward = Pipeline(self.settings)
        self.forward.run_until(lambda: self.forward.completion.complete)
        set_up(self.settings, print)
        self.reverse = ReversePipeline(self.settings, ReverseParts)

    def run(self, seconds):
        end = time.monotonic() + seconds
        self.run_until(lambda: time.monotonic() >= end)

    def run_until(self, done):
        def turned():
            self.forward.turn()
            return done()

        self.reverse.run_until(turned)

    def items(self, client):
        items = client.ask("Scan", {"TableName": self.table})["Items"]
        return {each["id"]["S"]: each["v"]["S"] for each in items}

    def settled(self):
        return self.items(self.dynamodb) == self.items(self.polardb) == {"a": "last", "b": "last"}

    def moved(self):
        return self.forward.counts[self.table].streamed, self.reverse.counts[self.table].streamed

    def close(self):
        self.forward.close()
        self.reverse.close()
        wait_free(self.postgres.dsn, self.slot)
        tear_down(self.settings, print)
        super().close()


@pytest.fixture
def both(source, standin, postgres, tmp_path):
    made = []

    def make(**sets):
        made.append(Both(source, standin, postgres, tmp_path, **sets))
        return made[-1]

    yield make
    for each in made:
        each.close()


def flip(both, client, times=12):
    """Changes of the same keys, one after the other, while both jobs run."""
    for turn in range(times):
        for key in ("a", "b"):
            both.put(client, key, f"{turn % 2} {key}")
        both.run(0.03)
    for key in ("a", "b"):
        both.put(client, key, "last")


def quiet(both):
    """Nothing moved for a while; the last change is on its way back when both sides have it already."""
    before = both.moved()
    both.run(QUIET_SECONDS)
    return both.moved() == before


def test_what_the_forward_job_writes_is_not_sent_back(both):
    running = both()
    flip(running, running.dynamodb)
    running.run_until(running.settled)
    running.run(QUIET_SECONDS)
    assert running.moved()[1] == 0
    assert running.settled()
    origin = running.polardb.ask("Scan", {"TableName": "polarshake_origin"})
    assert origin["Count"] > 0


def test_a_watch_of_the_slot_tells_the_forward_jobs_writes_from_those_of_others(both, tmp_path):
    running = both()
    running.reverse.close()
    wait_free(running.postgres.dsn, running.slot)
    watch = ForeignWatch(
        running.settings, StoredWrites(FolderStorage(str(tmp_path / "report"), "check.report"))
    )
    watch.look(print)
    for turn in range(40):
        running.put(running.dynamodb, f"k{turn % 5}", str(turn))
        running.forward.turn()
    running.forward.run_until(lambda: running.items(running.polardb) == running.items(running.dynamodb))
    assert watch.look(print)[0].tables == {}
    running.put(running.polardb, "k0", "of somebody else")
    assert set(watch.look(print)[0].tables) == {running.table}


def test_without_the_mark_it_would_be(both):
    """Or the test above could not fail."""
    running = both(write__markOrigin="none")
    flip(running, running.dynamodb)
    running.run_until(lambda: running.moved()[1] > 0)


def test_what_the_application_writes_to_polardb_goes_around_once_at_most(both):
    running = both()
    flip(running, running.polardb)
    running.run_until(running.settled)
    running.run_until(lambda: quiet(running))
    before = running.moved()
    running.run(QUIET_SECONDS)
    assert running.moved() == before
    assert 0 < before[1] <= 26
    assert running.settled()
