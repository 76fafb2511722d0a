"""Replication slots. In PostgreSQL a slot stays in use for a moment after its client has disconnected."""

from __future__ import annotations

import time
from typing import Optional

import psycopg2

from tests.harness.paced import PATIENCE_SECONDS


def wait_free(dsn: str, slot: str) -> None:
    """Wait until nobody reads the slot, because a slot in use cannot be dropped."""
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        with connection.cursor() as cursor:
            while pid := _holder(cursor, slot):
                if time.monotonic() > deadline:
                    raise AssertionError(f"{slot}: still read by pid {pid} after {PATIENCE_SECONDS:g} s")
                time.sleep(0.05)
    finally:
        connection.close()


def _holder(cursor: psycopg2.extensions.cursor, slot: str) -> Optional[int]:
    cursor.execute("SELECT active_pid FROM pg_replication_slots WHERE slot_name = %s", (slot,))
    row = cursor.fetchone()
    return row[0] if row else None
