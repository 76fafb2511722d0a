"""Getting hold of a slot, keeping it, losing it."""

import contextlib
import threading
import time
import uuid

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.write.in_flight import SocketInFlight
from tests.integration.reverse.pair import DatabasePair, item
from tests.integration.reverse.test_changes import arrived


def replied(pair, pid):
    """When the job last answered this connection, in epoch seconds; None before it did."""
    statement = "SELECT extract(epoch FROM reply_time)::float FROM pg_stat_replication WHERE pid = %s"
    rows = pair.sql(statement, pid)
    assert rows, "the connection was cut"
    return rows[0][0]


def test_a_taken_slot_is_waited_for_and_its_holder_named(pair, job, caplog):
    table = pair.make()
    pair.publish()
    holding, waiting = job(pair), job(pair, reverse__slotWaitSeconds=30)
    holding.run_until(lambda: pair.holder() is not None)
    pid = pair.holder()
    waiting.run_until(lambda: "is held by" in caplog.text)
    waiting.run_for(1.5)  # as it goes on asking
    assert pair.holder() == pid
    assert f"replication slot {pair.slot} is held by pid {pid} (polarshake slot {pair.slot}" in caplog.text
    holding.close()
    pair.put(table, item("a", v="1"))
    arrived(pair, waiting, table)


def test_a_slot_that_stays_taken_fails_with_what_to_do(pair, job):
    pair.make()
    pair.publish()
    holding = job(pair)
    holding.run_until(lambda: pair.holder() is not None)
    waiting = job(pair, reverse__slotWaitSeconds=0, write__retrySeconds=1, write__requestTimeoutSeconds=1)
    with pytest.raises(
        TransientError, match=rf"pg_terminate_backend\({pair.holder()}\).*reverse.slotTaken: free"
    ):
        waiting.run_until_it_raises()


def test_an_orphan_is_made_to_let_go_if_so_configured(pair, job):
    table = pair.make()
    pair.publish()
    orphan = job(pair)
    orphan.run_until(lambda: pair.holder() is not None)
    pid = pair.holder()
    taking = job(pair, reverse__slotTaken="free")  # the other's threads live on, though nobody steps it
    taking.run_until(lambda: pair.holder() not in (None, pid))
    pair.put(table, item("a", v="1"))
    arrived(pair, taking, table)
    assert pair.holder() not in (None, pid)


def test_an_idle_database_lets_the_slot_follow_what_other_databases_write(pair, job):
    pair.make()
    pair.publish()
    running = job(pair)
    running.run_until(lambda: pair.holder() is not None)
    other = f"other_{pair.prefix}"
    pair.sql(f"CREATE DATABASE {other}", database="postgres")
    pair.sql(
        "CREATE TABLE busy AS SELECT n, repeat('x', 500) FROM generate_series(1, 20000) n", database=other
    )
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    assert running.counts == {}
    pair.sql(f"DROP DATABASE {other}", database="postgres")


def test_an_idle_job_writes_nothing_into_the_log(own_pair, job):
    pair = own_pair(autovacuum="off")  # all databases of a server count in one, and so does its own vacuum
    table = pair.make()
    pair.publish()
    running = job(pair)
    pair.put(table, item("a", v="1"))
    arrived(pair, running, table)
    running.run_for(3)
    first = pair.sql("SELECT txid_current()")[0][0]
    running.run_for(6)
    assert pair.sql("SELECT txid_current()")[0][0] - first == 1


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
    own_pair, job, blocked, timeout
):
    """The shortest time is made longer for this connection: a machine may stall for a second."""
    pair = own_pair(wal_sender_timeout=timeout)
    table = pair.make()
    pair.publish()
    running = job(pair, reverse__bufferBytes=1 << 20)
    running.run_until(lambda: pair.holder() is not None)
    pid = pair.holder()
    for turn in range(40):
        pair.put(table, *(item(f"{turn} {n}", v="x" * 5000) for n in range(50)))
    running.run_until(lambda: running.sources[0].size > 1 << 20)
    running.run_for(14)
    assert (running.counts[table].written, pair.holder()) == (0, pid)
    assert running.sources[0].size < 3 << 20
    blocked.set()
    arrived(pair, running, table)
    assert pair.holder() == pid


def test_a_checkpoint_takes_no_time_while_every_write_is_blocked(pair, job, blocked):
    table = pair.make()
    pair.publish()
    running = job(pair, reverse__bufferBytes=1 << 20)
    pair.put(table, *(item(f"{n}", v="x" * 5000) for n in range(1000)))
    running.run_until(lambda: running.sources and running.sources[0].size > 1 << 20)
    began = time.monotonic()
    cut = running.checkpoint()
    assert time.monotonic() - began < 30
    assert sum(len(value) for entries in cut.slots.values() for value in entries.values()) < 500
    blocked.set()
    arrived(pair, running, table)


def test_a_connection_cut_in_the_middle_of_a_transaction_is_made_again(pair, job):
    table = pair.make()
    pair.publish()
    running = job(pair, reverse__bufferBytes=1 << 20, write__limit=1000)
    running.run_until(lambda: pair.holder() is not None)
    with pair.sampler(table) as sampler:
        pair.put(table, *(item(f"k{n}", v="x" * 2000) for n in range(4000)))
        sampler.committed(*(f"k{n}" for n in range(4000)))
        running.run_until(lambda: running.counts[table].streamed > 500)
        assert running.counts[table].streamed < 4000
        first = pair.holder()
        pair.sql("SELECT pg_terminate_backend(%s)", first)
        arrived(pair, running, table)
    assert pair.holder() != first
    assert running.counts[table].streamed > 4000


def test_postgresql_killed_and_started_again_is_gone_on_with(own_pair, job):
    pair = own_pair(fsync="on")
    table = pair.make()
    pair.publish()
    running = job(pair)
    stop, written = threading.Event(), []

    def write():
        number = 0
        while not stop.wait(0.02):
            number += 1
            with contextlib.suppress(Exception):  # it is being killed
                pair.put(table, item(f"k{number}", v="1"))
                sampler.committed(f"k{number}")
                written.append(number)

    with pair.sampler(table, crashes=True) as sampler:
        writing = threading.Thread(target=write)
        writing.start()
        running.run_until(lambda: len(written) > 25)
        pair.postgres.kill9()
        running.run_for(1)
        pair.postgres.start()
        pair.postgres.wait_ready()
        before = len(written)
        running.run_until(lambda: len(written) > before + 25)
        stop.set()
        writing.join()
        arrived(pair, running, table)
    assert len(pair.items(table)) >= len(written) > 50


@pytest.mark.parametrize("unaligned", [False, True])
def test_an_old_checkpoint_out_of_a_backlog_puts_no_older_value_over_a_newer_one(pair, job, unaligned):
    """A checkpoint of 400 keys with 30 versions each, most of them on their way; it is restored when all is
    written and the slot stands at the end."""
    table = pair.make()
    pair.publish()
    for version in range(30):
        pair.put(table, *(item(f"k{key}", v=f"{version}") for key in range(400)))
    running = job(pair, write__limit=400)
    running.run_until(lambda: running.counts[table].written > 0)
    assert not pair.equal(table)
    cut = running.checkpoint(unaligned).copy()
    running.close()
    draining = job(pair)
    arrived(pair, draining, table)
    draining.last_cut = cut
    draining.crash()
    pair.put(table, item("after", v="1"))
    arrived(pair, draining, table)
    draining.run_for(0.5)
    assert draining.counts[table].written < 400 * 30 + 1


def test_a_session_never_takes_the_slot_back_to_where_the_server_reads_from(pair, job):
    """A transaction that is open for long holds the place that the server reads from far behind the slot."""
    table = pair.make()
    pair.publish()
    running = job(pair)
    open_ = pair.connect()
    open_.autocommit = False
    pair.put(table, item("open", v="1"), connection=open_)
    with pair.sampler(table) as sampler:
        for turn in range(5):
            pair.put(table, *(item(f"{turn} {n}", v="x" * 1000) for n in range(300)))
            end = pair.lsn()
            running.run_until(lambda end=end: pair.confirmed() >= end)
            restart = "SELECT restart_lsn - '0/0'::pg_lsn FROM pg_replication_slots WHERE slot_name = %s"
            assert pair.sql(restart, pair.slot)[0][0] < end - 100_000
            pid = pair.holder()
            pair.sql("SELECT pg_terminate_backend(%s)", pid)
            running.run_until(lambda pid=pid: pair.holder() not in (None, pid))
            running.run_for(0.5)
        open_.commit()
        sampler.committed("open")
        arrived(pair, running, table)
    open_.close()


def test_what_the_role_and_the_database_have_for_their_applications_does_not_end_our_sessions(
    pair, job, caplog
):
    table = pair.make()
    pair.publish()
    for name, value in {
        "client_encoding": "LATIN1",
        "statement_timeout": "1ms",
        "lock_timeout": "1ms",
        "idle_session_timeout": "1s",
        "idle_in_transaction_session_timeout": "1s",
    }.items():
        pair.sql(f"ALTER DATABASE {pair.database} SET {name} = '{value}'")
    running = job(pair)
    running.run_until(lambda: pair.holder() is not None)
    pid = pair.holder()
    pair.put(table, item("a", v="\u8def"))
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    running.run_for(7)  # the database is looked at every five seconds, by a session that idles between
    assert pair.items(table) == {"a": item("a", v="\u8def")}
    assert pair.holder() == pid
    assert "again" not in caplog.text


@pytest.mark.parametrize(("encoding", "text"), [("LATIN1", "\u00e9"), ("EUC_CN", "\u8def")])
def test_documents_of_a_database_with_another_encoding_arrive_as_they_are(
    postgres, dynamodb, job, encoding, text
):
    pair = DatabasePair(postgres, dynamodb, f"enc{uuid.uuid4().hex[:6]}", encoding)
    try:
        table = pair.make()
        pair.publish()
        running = job(pair)
        pair.put(table, item("a", v=text))
        arrived(pair, running, table)
        assert pair.items(table) == {"a": item("a", v=text)}
    finally:
        running.close()
        pair.drop()


def test_a_slot_that_is_older_than_its_publication_is_named_with_the_ways_out(pair, job):
    table = pair.make()
    pair.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", pair.slot)
    pair.put(table, *(item(f"{n}", v="1") for n in range(1000)))
    pair.sql(f"CREATE PUBLICATION {pair.publication} FOR ALL TABLES")
    with pytest.raises(TerminalError, match=r"does not exist.*older than its publication.*--teardown"):
        job(pair).run_until_it_raises()
