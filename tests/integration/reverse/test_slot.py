"""Getting hold of a slot, keeping it, losing it."""

import contextlib
import threading
import time
import uuid

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.write.in_flight import SocketInFlight
from tests.integration.reverse.test_changes import arrived
from tests.integration.reverse.way import Way, item


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
    taking.run_until(lambda: way.holder() not in (None, pid))
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


@pytest.fixture
def blocked(monkeypatch):
    """DynamoDB takes requests and answers none of them until the event is set."""
    answers, respond = threading.Event(), SocketInFlight.next_response

    def respond_when_let(flights, timeout):
        return respond(flights, timeout) if answers.wait(timeout) else None

    monkeypatch.setattr(SocketInFlight, "next_response", respond_when_let)
    yield answers
    answers.set()


@pytest.mark.parametrize("timeout", ["1s", "12s"])
def test_back_pressure_that_outlasts_wal_sender_timeout_does_not_cut_the_connection(
    own_way, job, blocked, timeout
):
    """The shortest time is made longer for this connection: a machine may stall for a second."""
    way = own_way(wal_sender_timeout=timeout)
    table = way.make()
    way.publish()
    running = job(way, reverse__bufferBytes=1 << 20)
    running.run_until(lambda: way.holder() is not None)
    pid = way.holder()
    for turn in range(40):
        way.put(table, *(item(f"{turn} {n}", v="x" * 5000) for n in range(50)))
    running.run_until(lambda: running.sources[0].size > 1 << 20)
    running.run_for(14)
    assert (running.counts[table].written, way.holder()) == (0, pid)
    assert running.sources[0].size < 3 << 20
    blocked.set()
    arrived(way, running, table)
    assert way.holder() == pid


def test_a_checkpoint_takes_no_time_while_every_write_is_blocked(way, job, blocked):
    table = way.make()
    way.publish()
    running = job(way, reverse__bufferBytes=1 << 20)
    way.put(table, *(item(f"{n}", v="x" * 5000) for n in range(1000)))
    running.run_until(lambda: running.sources and running.sources[0].size > 1 << 20)
    began = time.monotonic()
    cut = running.checkpoint()
    assert time.monotonic() - began < 0.5
    assert sum(len(value) for entries in cut.slots.values() for value in entries.values()) < 500
    blocked.set()
    arrived(way, running, table)


def test_a_connection_cut_in_the_middle_of_a_transaction_is_made_again(way, job):
    table = way.make()
    way.publish()
    running = job(way, reverse__bufferBytes=1 << 20, write__limit=1000)
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


@pytest.mark.parametrize("unaligned", [False, True])
def test_an_old_checkpoint_out_of_a_backlog_puts_no_older_value_over_a_newer_one(way, job, unaligned):
    """A checkpoint of 400 keys with 30 versions each, most of them on their way; it is restored when all is
    written and the slot stands at the end."""
    table = way.make()
    way.publish()
    for version in range(30):
        way.put(table, *(item(f"k{key}", v=f"{version}") for key in range(400)))
    running = job(way, write__limit=400)
    running.run_until(lambda: running.counts[table].written > 0)
    assert not way.equal(table)
    cut = running.checkpoint(unaligned).copy()
    running.close()
    draining = job(way)
    arrived(way, draining, table)
    draining.last_cut = cut
    draining.crash()
    way.put(table, item("after", v="1"))
    arrived(way, draining, table)
    draining.run_for(0.5)
    assert draining.counts[table].written < 400 * 30 + 1


def test_a_session_never_takes_the_slot_back_to_where_the_server_reads_from(way, job):
    """A transaction that is open for long holds the place that the server reads from far behind the slot."""
    table = way.make()
    way.publish()
    running = job(way)
    open_ = way.connect()
    open_.autocommit = False
    way.put(table, item("open", v="1"), connection=open_)
    with way.sampler(table) as sampler:
        for turn in range(5):
            way.put(table, *(item(f"{turn} {n}", v="x" * 1000) for n in range(300)))
            end = way.lsn()
            running.run_until(lambda end=end: way.confirmed() >= end)
            restart = "SELECT restart_lsn - '0/0'::pg_lsn FROM pg_replication_slots WHERE slot_name = %s"
            assert way.sql(restart, way.slot)[0][0] < end - 100_000
            pid = way.holder()
            way.sql("SELECT pg_terminate_backend(%s)", pid)
            running.run_until(lambda pid=pid: way.holder() not in (None, pid))
            running.run_for(0.5)
        open_.commit()
        sampler.committed("open")
        arrived(way, running, table)
    open_.close()


def test_what_the_role_and_the_database_have_for_their_applications_does_not_end_our_sessions(
    way, job, caplog
):
    table = way.make()
    way.publish()
    for name, value in {
        "client_encoding": "LATIN1",
        "statement_timeout": "1ms",
        "lock_timeout": "1ms",
        "idle_session_timeout": "1s",
        "idle_in_transaction_session_timeout": "1s",
    }.items():
        way.sql(f"ALTER DATABASE {way.database} SET {name} = '{value}'")
    running = job(way)
    running.run_until(lambda: way.holder() is not None)
    pid = way.holder()
    way.put(table, item("a", v="\u8def"))
    running.run_for(7)  # the database is looked at every five seconds, by a session that idles between
    assert way.items(table) == {"a": item("a", v="\u8def")}
    assert way.holder() == pid
    assert "again" not in caplog.text


@pytest.mark.parametrize(("encoding", "text"), [("LATIN1", "\u00e9"), ("EUC_CN", "\u8def")])
def test_documents_of_a_database_with_another_encoding_arrive_as_they_are(
    postgres, dynamodb, job, encoding, text
):
    way = Way(postgres, dynamodb, f"enc{uuid.uuid4().hex[:6]}", encoding)
    try:
        table = way.make()
        way.publish()
        running = job(way)
        way.put(table, item("a", v=text))
        arrived(way, running, table)
        assert way.items(table) == {"a": item("a", v=text)}
    finally:
        running.close()
        way.drop()


def test_a_slot_that_is_older_than_its_publication_is_named_with_the_ways_out(way, job):
    table = way.make()
    way.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", way.slot)
    way.put(table, *(item(f"{n}", v="1") for n in range(1000)))
    way.sql(f"CREATE PUBLICATION {way.publication} FOR ALL TABLES")
    with pytest.raises(TerminalError, match=r"does not exist.*older than its publication.*--teardown"):
        job(way).run_until_it_raises()
