"""An oracle for the decoder: random transactions, folded from their messages, equal the tables."""

from __future__ import annotations

from typing import Dict, List

import psycopg2
import pytest

from connectors.postgres.pgoutput.decoder import Decoder
from connectors.postgres.pgoutput.messages import Message
from connectors.postgres.transactions import Transactions
from tests.harness.depth import DEEP
from tests.integration.postgres.capture import Capture
from tests.integration.postgres.oracle import Folding, Oracle, same
from tests.integration.postgres.rendering import Rendering, json_change, json_changes

SEEDS = range(1, 24 if DEEP else 5)
"""The same in every test process: pytest compares the names of the tests that each has collected."""
TRANSACTIONS = 60


def committed(capture: Capture, version: int) -> List[Message]:
    decoder, transactions = Decoder(version), Transactions()
    messages: List[Message] = []
    options = {"streaming": "true"} if version == 2 else {}
    for raw in capture.raw(version, **options):
        messages += transactions.feed(decoder.decode(*raw), len(raw.payload))
    assert transactions.held == 0
    return messages


def decoded_by_both(capture: Capture) -> Dict[int, List[Message]]:
    """The messages of both versions. Where PostgreSQL fails to decode its own log there is nothing to
    compare: "could not map filenode to relation OID" (SQLSTATE XX000), seen with 15.18 in rare histories."""
    try:
        return {version: committed(capture, version) for version in (1, 2)}
    except psycopg2.errors.InternalError_ as error:
        pytest.skip(f"PostgreSQL cannot decode this history: {error}")


@pytest.mark.parametrize("seed", SEEDS)
def test_random_transactions_folded_from_either_protocol_equal_the_tables_at_every_commit(
    capture: Capture, seed: int
) -> None:
    capture.run("ALTER SYSTEM SET logical_decoding_work_mem = '64kB'", "SELECT pg_reload_conf()")
    try:
        oracle = Oracle(capture, seed)
        oracle.run(TRANSACTIONS)
        sent = decoded_by_both(capture)
        assert b"S" in {raw.payload[:1] for raw in capture.raw(2, streaming="true")}
    finally:
        capture.run("ALTER SYSTEM RESET logical_decoding_work_mem", "SELECT pg_reload_conf()")
    for messages in sent.values():
        compared = set()
        for turn, tables in Folding().feed(messages):
            same(tables, oracle.snapshots[turn])
            compared.add(turn)
        assert compared == set(oracle.snapshots)
    lines = {version: list(Rendering(capture).lines(messages)) for version, messages in sent.items()}
    assert lines[1] == lines[2]


def decoded_by_plugin(capture: Capture, plugin: str, seed: int, options: str = "") -> List[str]:
    """What another output plugin sends for the same random transactions."""
    slot = f"{capture.name}_other"
    try:
        capture.run(f"SELECT pg_create_logical_replication_slot('{slot}', '{plugin}')")
    except (psycopg2.errors.UndefinedFile, psycopg2.errors.InsufficientPrivilege):
        pytest.skip(f"this PostgreSQL comes without {plugin}, or does not allow it")
    try:
        Oracle(capture, seed).run(TRANSACTIONS)
        rows = capture.query(f"SELECT data FROM pg_logical_slot_peek_changes('{slot}', NULL, NULL{options})")
    finally:
        capture.run(f"SELECT pg_drop_replication_slot('{slot}')")
    return [data for (data,) in rows]


@pytest.mark.parametrize("seed", SEEDS)
def test_random_transactions_are_read_as_test_decoding_reads_them(capture: Capture, seed: int) -> None:
    lines = decoded_by_plugin(capture, "test_decoding", seed)
    expected = [line for line in lines if line.startswith("table ")]
    assert list(Rendering(capture).lines(committed(capture, 1))) == expected
    assert len(expected) > TRANSACTIONS


@pytest.mark.parametrize("seed", SEEDS)
def test_random_transactions_are_read_as_wal2json_reads_them(capture: Capture, seed: int) -> None:
    options = ", 'format-version', '2', 'include-transaction', 'false', 'include-types', 'false'"
    lines = decoded_by_plugin(capture, "wal2json", seed, options)
    expected = [json_change(line) for line in lines if not line.startswith('{"action":"M"')]
    assert list(json_changes(committed(capture, 1))) == expected
    assert len(expected) > TRANSACTIONS
