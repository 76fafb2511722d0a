"""Reads a slot's changes without moving it, through SQL. No connection may be reading the slot."""

from __future__ import annotations

from typing import Iterator, Tuple

from connectors.postgres.pgoutput.lsn import lsn_text
from connectors.postgres.replication.connect import Address, connect, failures
from connectors.postgres.sql import identifier

_PEEK = """
SELECT lsn - '0/0'::pg_lsn, data FROM pg_logical_slot_peek_binary_changes(
    %s, %s::pg_lsn, %s, 'proto_version', '1', 'publication_names', %s)
"""
FETCHED = 2000
"""Rows on this side at a time: a transaction comes as a whole."""


def peek(address: Address, slot: str, publication: str, end: int, most: int) -> Iterator[Tuple[int, bytes]]:
    """(position, message): the transactions that committed before `end`, or the first of them with at least
    `most` messages. Raises PreflightError or TransientError."""
    connection = connect(address, "watch")
    try:
        connection.autocommit = False  # for the cursor
        with failures(address, f"reading slot {slot}"), connection.cursor("peek") as cursor:
            cursor.itersize = FETCHED
            cursor.execute(_PEEK, (slot, lsn_text(end), most, identifier(publication)))
            for lsn, data in cursor:
                yield int(lsn), bytes(data)
    finally:
        connection.close()
