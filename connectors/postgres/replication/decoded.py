"""What the server counts of a slot's decoding, and one transaction more for it to count."""

from __future__ import annotations

from typing import Any, Optional

from psycopg2 import errors

from connectors.postgres.replication.identity import Count

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
    """A transaction for the slot to decode, which pgoutput does not send. Returns the log's end behind it.

    None where the role may not: every role may, unless that was taken away. Raises psycopg2.Error.
    """
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT pg_logical_emit_message(true, 'polarshake', '')")
        except errors.InsufficientPrivilege:
            return None
        cursor.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])
