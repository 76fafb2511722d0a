"""Getting hold of a slot, keeping it, losing it."""

import contextlib
import threading
import time
import uuid

import pytest

from connectors.base.errors import ConfigError, TerminalError, TransientError
from connectors.postgres.replication.slot import SlotSource
from local.stack.postgres import Postgres
from tests.harness.pipeline import PATIENCE_SECONDS
from tests.integration.reverse.test_changes import arrived
from tests.integration.reverse.way import Way, item


@pytest.fixture
def own_way(home, dynamodb):
    """Call it with settings of postgresql.conf: a PostgreSQL that this test may kill."""
    with contextlib.ExitStack() as stack:

        def make(**settings):
            name = f"own{uuid.uuid4().hex[:6]}"
            server = stack.enter_context(Postgres(home, settings={"fsync": "off", **settings}, name=name))
            return Way(server, dynamodb, name)

        yield make


def backends(way, purpose):
    return [
        pid
        for (pid,) in way.sql(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name = %s",
            way.database,
            f"polarshake {purpose}",
        )
    ]


def replied(way, pid):
    """When the job last answered this connection, in epoch seconds; None before it did."""
    statement = "SELECT extract(epoch FROM reply_time)::float FROM pg_stat_replication WHERE pid = %s"
    found = way.sql(statement, pid)
    assert found, "the connection was cut"
    return found[0][0]


def test_a_taken_slot_is_waited_for_and_its_holder_named(way, job, caplog):
    table = way.make()
    way.publish()
    holding, waiting = job(way), job(way, reverse__slotWaitSeconds=30)
    holding.run_until(lambda: way.holder() is not None)
    pid = way.holder()
    waiting.run_until(lambda: "is held by" in caplog.text)
    waiting.run_for(1.5)  # as it goes on asking
    assert way.holder() == pid
    assert f"replication slot {way.slot} is held by pid {pid} (polarshake slot {way.slot}" in caplog.text
    holding.close()
    way.put(table, item("a", v="1"))
    arrived(way, waiting, table)


def test_a_slot_that_stays_taken_fails_with_what_to_do(way, job):
    way.make()
    way.publish()
    holding = job(way)
    holding.run_until(lambda: way.holder() is not None)
    waiting = job(way, reverse__slotWaitSeconds=0, write__retrySeconds=1, write__requestTimeoutSeconds=1)
    with pytest.raises(
        TransientError, match=rf"pg_terminate_backend\({way.holder()}\).*reverse.slotTaken: free"
    ):
        waiting.run_until_it_raises()


def test_an_orphan_is_made_to_let_go_if_so_configured(way, job):
    table = way.make()
    way.publish()
    orphan = job(way)
    orphan.run_until(lambda: way.holder() is not None)
    pid = way.holder()
    taking = job(way, reverse__slotTaken="free")  # the other's threads live on, though nobody steps it
    way.put(table, item("a", v="1"))
    arrived(way, taking, table)
    assert way.holder() not in (None, pid)


def test_an_idle_database_lets_the_slot_follow_what_other_databases_write(way, job):
    way.make()
    way.publish()
    running = job(way)
    running.run_until(lambda: way.holder() is not None)
    other = f"other_{way.prefix}"
    way.sql(f"CREATE DATABASE {other}", database="postgres")
    way.sql(
        "CREATE TABLE busy AS SELECT n, repeat('x', 500) FROM generate_series(1, 20000) n", database=other
    )
    end = way.lsn()
    running.run_until(lambda: way.confirmed() >= end, 15)
    assert running.counts == {}
    way.sql(f"DROP DATABASE {other}", database="postgres")


def test_an_idle_job_writes_nothing_into_the_log(own_way, job):
    way = own_way(autovacuum="off")  # all databases of a server count in one, and so does its own vacuum
    table = way.make()
    way.publish()
    running = job(way)
    way.put(table, item("a", v="1"))
    arrived(way, running, table)
    running.run_for(3)
    first = way.sql("SELECT txid_current()")[0][0]
    running.run_for(6)
    assert way.sql("SELECT txid_current()")[0][0] - first == 1


def test_back_pressure_that_outlasts_wal_sender_timeout_does_not_cut_the_connection(own_way, job):
    seconds = 10  # the replies go out each second: a machine may stall for some
    way = own_way(wal_sender_timeout=f"{seconds}s")
    table = way.make()
    way.publish()
    running = job(way, reverse__bufferBytes=1 << 20)
    running.run_until(lambda: way.holder() is not None)
    pid = way.holder()
    running.run_until(lambda: replied(way, pid))
    for turn in range(40):
        way.put(table, *(item(f"{turn} {n}", v="x" * 5000) for n in range(50)))
    first, deadline = replied(way, pid), time.monotonic() + PATIENCE_SECONDS
    while replied(way, pid) <= first + seconds:  # nobody takes what arrives
        assert time.monotonic() < deadline
        time.sleep(0.1)
    arrived(way, running, table)
    assert way.holder() == pid


def test_a_connection_cut_in_the_middle_of_a_transaction_is_made_again(way, job):
    table = way.make()
    way.publish()
    running = job(way, reverse__bufferBytes=1 << 20)
    running.run_until(lambda: way.holder() is not None)
    with way.sampler(table) as sampler:
        way.put(table, *(item(f"k{n}", v="x" * 2000) for n in range(4000)))
        sampler.committed(*(f"k{n}" for n in range(4000)))
        running.run_until(lambda: running.counts[table].streamed > 500)
        assert running.counts[table].streamed < 4000
        first = way.holder()
        way.sql("SELECT pg_terminate_backend(%s)", first)
        arrived(way, running, table)
    assert way.holder() != first
    assert running.counts[table].streamed > 4000


def test_a_lost_connection_for_listening_only_delays_the_slot(way, job):
    table = way.make()
    way.publish()
    running = job(way)
    running.run_until(lambda: backends(way, f"listen {way.slot}") and backends(way, "notify"))
    for purpose in (f"listen {way.slot}", "notify"):
        for pid in backends(way, purpose):
            way.sql("SELECT pg_terminate_backend(%s)", pid)
    way.put(table, item("a", v="1"))
    arrived(way, running, table)


def test_postgresql_killed_and_started_again_is_gone_on_with(own_way, job):
    way = own_way(fsync="on")
    table = way.make()
    way.publish()
    running = job(way)
    stop, written = threading.Event(), []

    def write():
        number = 0
        while not stop.wait(0.02):
            number += 1
            with contextlib.suppress(Exception):  # it is being killed
                way.put(table, item(f"k{number}", v="1"))
                sampler.committed(f"k{number}")
                written.append(number)

    with way.sampler(table, crashes=True) as sampler:
        writing = threading.Thread(target=write)
        writing.start()
        running.run_until(lambda: len(written) > 25)
        way.postgres.kill9()
        running.run_for(1)
        way.postgres.start()
        way.postgres.wait_ready()
        before = len(written)
        running.run_until(lambda: len(written) > before + 25)
        stop.set()
        writing.join()
        arrived(way, running, table)
    assert len(way.items(table)) >= len(written) > 50


def test_an_older_savepoint_goes_on_from_where_the_slot_stands(way, job):
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


def test_a_slot_made_anew_while_the_job_was_down_stops_it_by_name(way, job):
    table = way.make()
    way.publish()
    running = job(way)
    way.put(table, item("a", v="1"))
    arrived(way, running, table)
    cut = running.checkpoint()
    running.close()
    way.put(table, item("lost", v="1"))
    make_anew(way)
    resumed = job(way)
    resumed.last_cut = cut
    resumed.crash(first_attempt=True)
    with pytest.raises(TerminalError, match=rf"{way.slot} is not the one.*made anew.*without its savepoint"):
        resumed.run_until_it_raises()


def test_a_slot_made_anew_after_idling_only_stops_the_job_too_and_the_same_one_does_not(way, job):
    way.make()
    way.publish()
    running = job(way)
    running.run_until(lambda: way.holder() is not None)
    running.run_until(lambda: way.confirmed() >= way.lsn(), 10)
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


def test_a_slot_made_anew_under_a_running_job_stops_it_by_name(way, job, monkeypatch):
    look, may_look = SlotSource._look, threading.Event()

    def look_when_told(*args):
        may_look.wait(PATIENCE_SECONDS)
        look(*args)

    table = way.make()
    way.publish()
    running = job(way)
    way.put(table, item("a", v="1"))
    arrived(way, running, table)
    running.run_until(lambda: way.confirmed() >= way.lsn(), 10)
    monkeypatch.setattr(SlotSource, "_look", look_when_told)  # or it may come before the new slot is there
    way.sql("SELECT pg_terminate_backend(%s)", way.holder())
    make_anew(way)
    may_look.set()
    with pytest.raises(TerminalError, match=rf"{way.slot} is not the one.*made anew"):
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
    with pytest.raises(TerminalError, match=rf"{way.slot} is lost: .*copy the tables in whole"):
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
