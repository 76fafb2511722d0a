"""Reports what a statement waits for. A slot can be created only when all transactions that write have ended,
and a publication only when no other transaction locks its tables. Without a report, the wait looks like a
hang."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import Any, Callable, Iterator, List, Set, Tuple

from connectors.base.errors import PolarshakeError
from connectors.postgres.replication.connect import Address, connected

PAUSE_SECONDS = 2.0
"""Before the first query for holders, and between two queries."""
_HOLDERS = """
SELECT a.pid::text, format('pid %%s (%%s), whose transaction began %%s ago, and its last statement at %%s',
              a.pid, coalesce(nullif(a.application_name, ''), 'no name'),
              date_trunc('second', clock_timestamp() - a.xact_start),
              to_char(a.query_start, 'YYYY-MM-DD HH24:MI:SS'))
FROM pg_stat_activity a WHERE a.pid = ANY(pg_blocking_pids(%(pid)s))
UNION ALL
SELECT p.gid, format('prepared transaction %%s of %%s, prepared at %%s', p.gid, p.owner,
              to_char(p.prepared, 'YYYY-MM-DD HH24:MI:SS'))
FROM pg_prepared_xacts p WHERE 0 = ANY(pg_blocking_pids(%(pid)s)) AND p.database = current_database()
"""
"""Without the statements themselves, which may contain anything."""


@contextmanager
def reported(address: Address, connection: Any, say: Callable[[str], None]) -> Iterator[None]:
    """For the duration of the block, `say` gets what the connection's statement waits for, each holder
    once."""
    done = threading.Event()
    pid = connection.info.backend_pid
    thread = threading.Thread(target=_watch, args=(address, pid, done, say), name="waiting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _watch(address: Address, pid: int, done: threading.Event, say: Callable[[str], None]) -> None:
    reported_holders: Set[str] = set()
    while not done.wait(PAUSE_SECONDS):
        try:
            holders = _holders(address, pid)
        except PolarshakeError:
            continue  # the statement itself reports what is wrong with the server
        for holder, text in holders:
            if holder not in reported_holders and not done.is_set():
                reported_holders.add(holder)
                say(f"-- waiting for {text}: end it with COMMIT or ROLLBACK")


def _holders(address: Address, pid: int) -> List[Tuple[str, str]]:
    opening = connected(address, "setup", "finding what the setup waits for")
    with opening as connection, connection.cursor() as cursor:
        cursor.execute(_HOLDERS, {"pid": pid})
        return [(str(holder), str(text)) for holder, text in cursor.fetchall()]
