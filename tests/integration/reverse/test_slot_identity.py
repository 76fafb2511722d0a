"""Which slot is it? The one that the job has read, one created again under its name, or none."""

import threading

import pytest

from connectors.base.errors import ConfigError, TerminalError
from connectors.postgres.replication.slot import SlotSource
from tests.harness.paced import PATIENCE_SECONDS
from tests.integration.reverse.test_changes import arrived
from tests.integration.reverse.way import item


def test_an_older_savepoint_continues_from_the_slots_position(way, job):
    table = way.make()
    way.publish()
    running = job(way)
    way.put(table, item("a", v="1"))
    arrived(way, running, table)
    old = running.checkpoint().copy()
    way.put(table, item("b", v="1"))
    arrived(way, running, table)
    running.close()
    way.put(table, item("c", v="1"))
    resumed = job(way, reverse__slotTaken="free")
    resumed.last_cut = old
    resumed.crash(first_attempt=True)
    arrived(way, resumed, table)
    resumed.run_for(0.5)
    assert resumed.counts[table].streamed == 1


def test_a_slot_that_is_gone_stops_the_job_by_name(way, job):
    way.make()
    way.publish()
    way.sql("SELECT pg_drop_replication_slot(%s)", way.slot)
    with pytest.raises(
        TerminalError, match=rf"{way.slot} does not exist.*pg_create_logical_replication_slot"
    ):
        job(way).run_until_it_raises()


def make_anew(way):
    way.drop_slot(way.slot)
    way.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", way.slot)


def recognizable(running):
    """Run until the job's state can distinguish this slot from another one of its name."""
    running.run_until(lambda: any(position.counted_since for position in running.positions()))


def test_a_recreated_slot_while_the_job_was_down_stops_it_by_name(way, job):
    table = way.make()
    way.publish()
    running = job(way)
    way.put(table, item("a", v="1"))
    arrived(way, running, table)
    recognizable(running)
    cut = running.checkpoint()
    running.close()
    way.put(table, item("lost", v="1"))
    make_anew(way)
    resumed = job(way)
    resumed.last_cut = cut
    resumed.crash(first_attempt=True)
    with pytest.raises(
        TerminalError, match=rf"{way.slot} is not the one.*created again.*without its savepoint"
    ):
        resumed.run_until_it_raises()


def test_a_recreated_slot_after_idling_only_stops_the_job_too_and_the_same_one_does_not(way, job):
    way.make()
    way.publish()
    running = job(way)
    running.run_until(lambda: way.holder() is not None)
    running.run_until(lambda: way.confirmed() >= way.lsn(), 10)
    recognizable(running)
    cut = running.checkpoint().copy()
    way.sql("CREATE TABLE other AS SELECT generate_series(1, 1000) n")
    running.run_until(lambda: way.confirmed() >= way.lsn(), 10)
    running.close()
    for anew in (False, True):
        if anew:
            make_anew(way)
        resumed = job(way, reverse__slotTaken="free")
        resumed.last_cut = cut.copy()
        resumed.crash(first_attempt=True)
        if anew:
            with pytest.raises(TerminalError, match=f"{way.slot} is not the one"):
                resumed.run_until_it_raises()
        else:
            resumed.run_until(lambda: way.holder() is not None)
            resumed.close()


def test_a_slot_created_again_under_a_running_job_stops_it_by_name(way, job, monkeypatch):
    check, may_check = SlotSource._check, threading.Event()

    def check_when_allowed(*args):
        may_check.wait(PATIENCE_SECONDS)
        check(*args)

    table = way.make()
    way.publish()
    running = job(way)
    way.put(table, item("a", v="1"))
    arrived(way, running, table)
    running.run_until(lambda: way.confirmed() >= way.lsn(), 10)
    # Otherwise the check may come before the new slot exists.
    monkeypatch.setattr(SlotSource, "_check", check_when_allowed)
    way.sql("SELECT pg_terminate_backend(%s)", way.holder())
    make_anew(way)
    may_check.set()
    with pytest.raises(TerminalError, match=rf"{way.slot} is not the one.*created again"):
        running.run_until_it_raises()


def test_a_crash_of_postgresql_between_savepoint_and_restart_is_not_taken_for_a_new_slot(own_way, job):
    way = own_way()
    table = way.make()
    way.publish()
    running = job(way)
    way.put(table, item("a", v="1"))
    arrived(way, running, table)
    cut = running.checkpoint().copy()
    way.put(table, item("b", v="1"))
    arrived(way, running, table)
    running.close()
    way.sql("CHECKPOINT")  # the slot's position too
    way.postgres.kill9()
    way.postgres.start()
    way.postgres.wait_ready()
    way.put(table, item("c", v="1"))
    resumed = job(way)
    resumed.last_cut = cut
    resumed.crash(first_attempt=True)
    arrived(way, resumed, table)


def test_a_slot_whose_log_is_gone_stops_the_job_by_name(own_way, job):
    way = own_way(max_slot_wal_keep_size="1MB", min_wal_size="32MB", max_wal_size="32MB")
    way.make()
    way.publish()
    for _ in range(4):
        way.sql("SELECT pg_switch_wal()")
        way.sql("CREATE TABLE IF NOT EXISTS filling AS SELECT 1 AS n")
        way.sql("INSERT INTO filling SELECT generate_series(1, 200000)")
        way.sql("CHECKPOINT")
    with pytest.raises(TerminalError, match=rf"{way.slot} is lost: .*copy the tables in full"):
        job(way).run_until_it_raises()


def test_a_savepoint_is_refused_by_a_job_that_leaves_its_slot_out(way, job):
    way.make()
    way.publish()
    running = job(way)
    running.run_until(lambda: way.holder() is not None)
    cut = running.checkpoint()
    running.close()
    other = job(way, polardb__slotName=f"{way.slot}_2")
    way.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", f"{way.slot}_2")
    other.last_cut = cut
    other.crash()
    with pytest.raises(ConfigError, match=rf"leaves out slot {way.slot}, which"):
        other.run_until_it_raises()
