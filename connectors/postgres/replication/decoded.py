"""The server's count of the transactions that a slot decoded, and a marker transaction for it to count."""

from __future__ import annotations

from typing import Any, Optional

from psycopg2 import errors

from connectors.postgres.replication.identity import Count, SlotPosition

_COUNT = """
SELECT CASE WHEN s.stats_reset IS NULL THEN extract(epoch FROM b.stats_reset)::text END, s.total_txns
FROM pg_stat_replication_slots s, pg_stat_bgwriter b WHERE s.slot_name = %s
"""


def count(connection: Any, slot: str) -> Count:
    """Raises psycopg2.Error."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, (slot,))
        since, transactions = cursor.fetchone() or (None, 0)
    return Count(since or "", int(transactions))


def leave_trace(connection: Any) -> Optional[int]:
    """Write a transaction that the slot decodes and pgoutput does not send. Returns the end of the log after
    it.

    Returns None where the role lacks the right, which every role has unless it was revoked. Raises
    psycopg2.Error.
    """
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT pg_logical_emit_message(true, 'polarshake', '')")
        except errors.InsufficientPrivilege:
            return None
        cursor.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])


def recognizable(connection: Any, slot: str) -> SlotPosition:
    """Make the slot recognizable before a job reads it: write the marker transaction.

    Returns the position after it and the start time of the server's count; an empty position where that is
    not possible. Raises psycopg2.Error.
    """
    counted = count(connection, slot)
    position = leave_trace(connection) if counted.since else None
    return SlotPosition(position, counted.since) if position is not None else SlotPosition()
