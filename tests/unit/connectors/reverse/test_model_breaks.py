"""Each rule of the reverse job broken once: the model must find it, or it could not fail."""

from __future__ import annotations

from connectors.dynamodb.write import pipeline
from connectors.engine.worker import outbox
from connectors.engine.worker.outbox import WorkerOutbox
from connectors.postgres.replication.confirmed import EVERYTHING, Ledger, Session
from connectors.postgres.replication.inbox import Keepalive
from connectors.postgres.replication.stream import Receiving
from connectors.reverse import echo
from connectors.reverse.moves import Moves
from connectors.reverse.reading import Reading
from tests.unit.connectors.reverse.test_model import at_once, run  # noqa: F401 - a fixture

SEEDS = 60


def found():
    """Whether one of the seeds goes wrong. A rule that is broken may show as any error."""
    for seed in range(SEEDS):
        try:
            run(seed)
        except (AssertionError, KeyError):
            return True
    return False


def test_a_position_that_does_not_wait_for_the_pieces_before_it(monkeypatch):
    def settle(ledger):
        for piece in ledger._pieces:
            if not piece.left:
                ledger.session.passed(piece.reached, piece.seen_at)

    monkeypatch.setattr(Ledger, "settle", settle)
    assert found()


def test_changes_of_a_key_that_do_not_wait_for_the_one_on_its_way(monkeypatch):
    put = outbox._Table.put

    def put_beside(known, *arguments):
        known.flying.clear()
        put(known, *arguments)

    monkeypatch.setattr(outbox._Table, "put", put_beside)
    assert found()


def test_a_fold_that_keeps_the_first_change(monkeypatch):
    put = outbox._Table.put

    def put_first(known, table, changes, page):
        for change in changes:
            before = known.waiting.get(change[0])
            put(known, table, [change], page)
            if before is not None:
                known.waiting[change[0]] = before

    monkeypatch.setattr(outbox._Table, "put", put_first)
    assert found()


def test_keys_on_their_way_that_a_new_session_forgets(monkeypatch):
    clear = WorkerOutbox.clear

    def forgetful(outbox):
        clear(outbox)
        for keys in outbox._tables.values():
            keys.flying.clear()

    monkeypatch.setattr(WorkerOutbox, "clear", forgetful)
    assert found()


def test_a_session_that_takes_whatever_position_it_is_given(monkeypatch):
    def passed(session, lsn, seen_at):
        session.durable = lsn or session.durable

    monkeypatch.setattr(Session, "passed", passed)
    assert found()


def test_a_session_that_begins_at_nothing(monkeypatch):
    monkeypatch.setattr(Session, "__init__", lambda session, *_: session.__dict__.update(ZERO))
    assert found()


ZERO = {"floor": 0, "durable": 0, "recorded": EVERYTHING, "server": "", "seen_at": 0.0, "settled": 0}


def test_a_keepalive_that_counts_within_a_transaction(monkeypatch):
    turn = Reading.turn

    def always(reading):
        entries = reading._inbox._entries
        if entries and isinstance(entries[0], Keepalive):
            reading._in_transaction = False
        return turn(reading)

    monkeypatch.setattr(Reading, "turn", always)
    assert found()


def test_a_position_reported_from_what_was_received(monkeypatch):
    take = Receiving._take

    def eager(receiving, message):
        take(receiving, message)
        if isinstance(message, Keepalive):
            receiving._session.passed(message.wal_end, 0.0)

    monkeypatch.setattr(Receiving, "_take", eager)
    assert found()


def test_leftovers_that_count_as_written(monkeypatch):
    outcome_of = vars(pipeline)["outcome_of"]
    monkeypatch.setattr(
        pipeline, "outcome_of", lambda *arguments: outcome_of(*arguments)._replace(later=(), now=())
    )
    assert found()


def test_what_is_put_off_that_is_never_sent_again(monkeypatch):
    monkeypatch.setattr(pipeline.BatchPipeline, "_put_off", lambda *arguments: None)
    assert found()


def test_a_mark_that_hides_more_than_it_covers(monkeypatch):
    monkeypatch.setattr(echo, "MOST_COVERED", 1000)
    assert found()


def test_a_mark_that_hides_nothing(monkeypatch):
    monkeypatch.setattr(echo, "MOST_COVERED", 0)
    assert found()


def test_swapped_keys_that_are_written_one_after_the_other(monkeypatch):
    monkeypatch.setattr(Moves, "entries", lambda moves, message, table, entries: entries)
    assert found()
