"""Which slot is it? The one that the job has read, one created again under its name, or none."""

import threading

import pytest

from connectors.base.errors import ConfigError, TerminalError
from connectors.postgres.replication.slot import SlotSource
from connectors.reverse.components import ReverseParts
from connectors.reverse.validate import identities
from tests.harness.paced import PATIENCE_SECONDS
from tests.harness.reverse import ReversePipeline
from tests.integration.reverse.pair import item
from tests.integration.reverse.test_changes import arrived


def test_an_older_savepoint_continues_from_the_slots_position(pair, job):
    table = pair.make()
    pair.publish()
    running = job(pair)
    pair.put(table, item("a", v="1"))
    arrived(pair, running, table)
    old = running.checkpoint().copy()
    pair.put(table, item("b", v="1"))
    arrived(pair, running, table)
    running.close()
    pair.put(table, item("c", v="1"))
    resumed = job(pair, reverse__slotTaken="free")
    resumed.last_cut = old
    resumed.crash(first_attempt=True)
    arrived(pair, resumed, table)
    resumed.run_for(0.5)
    assert resumed.counts[table].streamed == 1


def test_a_slot_that_is_gone_stops_the_job_by_name(pair, job):
    pair.make()
    pair.publish()
    pair.sql("SELECT pg_drop_replication_slot(%s)", pair.slot)
    with pytest.raises(
        TerminalError, match=rf"{pair.slot} does not exist.*pg_create_logical_replication_slot"
    ):
        job(pair).run_until_it_raises()


def make_anew(pair):
    pair.drop_slot(pair.slot)
    pair.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", pair.slot)


def recognizable(running):
    """Run until the job's state can distinguish this slot from another one of its name."""
    running.run_until(lambda: any(position.counted_since for position in running.positions()))


def test_a_recreated_slot_while_the_job_was_down_stops_it_by_name(pair, job):
    table = pair.make()
    pair.publish()
    running = job(pair)
    pair.put(table, item("a", v="1"))
    arrived(pair, running, table)
    recognizable(running)
    cut = running.checkpoint()
    running.close()
    pair.put(table, item("lost", v="1"))
    make_anew(pair)
    resumed = job(pair)
    resumed.last_cut = cut
    resumed.crash(first_attempt=True)
    with pytest.raises(
        TerminalError, match=rf"{pair.slot} is not the one.*created again.*without its savepoint"
    ):
        resumed.run_until_it_raises()


def test_a_recreated_slot_after_idling_only_stops_the_job_too_and_the_same_one_does_not(pair, job):
    pair.make()
    pair.publish()
    running = job(pair)
    running.run_until(lambda: pair.holder() is not None)
    running.run_until(lambda: pair.confirmed() >= pair.lsn(), 10)
    recognizable(running)
    cut = running.checkpoint().copy()
    pair.sql("CREATE TABLE other AS SELECT generate_series(1, 1000) n")
    running.run_until(lambda: pair.confirmed() >= pair.lsn(), 10)
    running.close()
    for anew in (False, True):
        if anew:
            make_anew(pair)
        resumed = job(pair, reverse__slotTaken="free")
        resumed.last_cut = cut.copy()
        resumed.crash(first_attempt=True)
        if anew:
            with pytest.raises(TerminalError, match=f"{pair.slot} is not the one"):
                resumed.run_until_it_raises()
        else:
            resumed.run_until(lambda: pair.holder() is not None)
            resumed.close()


@pytest.mark.parametrize("anew", [True, False])
def test_a_slot_created_again_before_the_first_checkpoint_stops_the_job_and_the_same_one_does_not(
    pair, settings, anew
):
    table = pair.make()
    pair.publish()
    chosen = settings(pair)
    known = identities(chosen, resumed=False)
    pair.put(table, item("a", v="1"))
    if anew:
        make_anew(pair)
    running = ReversePipeline(chosen, lambda each: ReverseParts(each, 0, known))
    try:
        for _ in range(2):
            if anew:
                with pytest.raises(TerminalError, match=rf"{pair.slot} is not the one.*was submitted.*again"):
                    running.run_until_it_raises()
            else:
                arrived(pair, running, table)
            running.crash()
    finally:
        running.close()


def test_a_slot_created_again_under_a_running_job_stops_it_by_name(pair, job, monkeypatch):
    check, may_check = SlotSource._check, threading.Event()

    def check_when_allowed(*args):
        may_check.wait(PATIENCE_SECONDS)
        check(*args)

    table = pair.make()
    pair.publish()
    running = job(pair)
    pair.put(table, item("a", v="1"))
    arrived(pair, running, table)
    running.run_until(lambda: pair.confirmed() >= pair.lsn(), 10)
    # Otherwise the check may come before the new slot exists.
    monkeypatch.setattr(SlotSource, "_check", check_when_allowed)
    pair.sql("SELECT pg_terminate_backend(%s)", pair.holder())
    make_anew(pair)
    may_check.set()
    with pytest.raises(TerminalError, match=rf"{pair.slot} is not the one.*created again"):
        running.run_until_it_raises()


def test_a_crash_of_postgresql_between_savepoint_and_restart_is_not_taken_for_a_new_slot(own_pair, job):
    pair = own_pair()
    table = pair.make()
    pair.publish()
    running = job(pair)
    pair.put(table, item("a", v="1"))
    arrived(pair, running, table)
    cut = running.checkpoint().copy()
    pair.put(table, item("b", v="1"))
    arrived(pair, running, table)
    running.close()
    pair.sql("CHECKPOINT")  # the slot's position too
    pair.postgres.kill9()
    pair.postgres.start()
    pair.postgres.wait_ready()
    pair.put(table, item("c", v="1"))
    resumed = job(pair)
    resumed.last_cut = cut
    resumed.crash(first_attempt=True)
    arrived(pair, resumed, table)


def test_a_slot_whose_log_is_gone_stops_the_job_by_name(own_pair, job):
    pair = own_pair(max_slot_wal_keep_size="1MB", min_wal_size="32MB", max_wal_size="32MB")
    pair.make()
    pair.publish()
    for _ in range(4):
        pair.sql("SELECT pg_switch_wal()")
        pair.sql("CREATE TABLE IF NOT EXISTS filling AS SELECT 1 AS n")
        pair.sql("INSERT INTO filling SELECT generate_series(1, 200000)")
        pair.sql("CHECKPOINT")
    with pytest.raises(TerminalError, match=rf"{pair.slot} is lost: .*copy the tables in full"):
        job(pair).run_until_it_raises()


def test_a_savepoint_is_refused_by_a_job_that_leaves_its_slot_out(pair, job):
    pair.make()
    pair.publish()
    running = job(pair)
    running.run_until(lambda: pair.holder() is not None)
    cut = running.checkpoint()
    running.close()
    other = job(pair, polardb__slotName=f"{pair.slot}_2")
    pair.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", f"{pair.slot}_2")
    other.last_cut = cut
    other.crash()
    with pytest.raises(ConfigError, match=rf"leaves out slot {pair.slot}, which"):
        other.run_until_it_raises()
