"""The cost of decoding compared with receiving: updates of 1 KB documents from a real server's backlog.

    python -m bench.pgoutput [--messages N] [--rounds N]

Each round reads the same backlog three times: psycopg2 receives and discards it; it is also decoded; it is
also mapped to items. The server limits the messages per second, so the costs are CPU time of this process.
Waiting for the server hides some of that time, so decoding and mapping are timed again without a server. The
figures are medians.
"""

from __future__ import annotations

import argparse
import gc
import select
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import psycopg2
from psycopg2.extras import LogicalReplicationConnection

from connectors.model.keys import KeyAttribute, KeySchema
from connectors.postgres.layout.assignment import AssignmentRules
from connectors.postgres.layout.layout import Catalog, Layout, LayoutMemory, LayoutRules
from connectors.postgres.layout.proof import Sample
from connectors.postgres.layout.relations import RelationFacts
from connectors.postgres.pgoutput.decoder import Decoder
from connectors.postgres.pgoutput.messages import Delete, Insert, Relation, Update
from connectors.postgres.transactions import Transactions
from local.stack.home import Home
from local.stack.postgres import Postgres

NAME = "bench_pgoutput"
ROWS = 1_000
KEPT = 20_000
LARGEST_RATIO = 2.0
"""The target for the ratio of the CPU time of decoding to that of receiving."""
END = b"the end"
_TABLE = """
CREATE TABLE "Items" (id text COLLATE "C" PRIMARY KEY, polardb_document jsonb NOT NULL);
CREATE PUBLICATION {name} FOR TABLE "Items";
INSERT INTO "Items" SELECT id, jsonb_build_object('id', jsonb_build_object('S', id))
  FROM generate_series(1, {rows}) i, LATERAL (SELECT 'user' || i) named(id)
"""
# 20 attributes of 32 characters: about 1 KB in text, stored in the row and not compressed.
_UPDATE = """
UPDATE "Items" SET polardb_document = jsonb_build_object('id', jsonb_build_object('S', id)) ||
  (SELECT jsonb_object_agg('a' || i, jsonb_build_object('S', md5(%s || id || i)))
   FROM generate_series(1, 20) i)
"""

Consume = Callable[[bytes, int], object]
Message = Tuple[bytes, int]


class Cost(NamedTuple):
    wall: float
    cpu: float


class Users:
    """The table, for Layout."""

    def names(self) -> List[str]:
        return ["Items"]

    def key_schema(self, name: str) -> Optional[KeySchema]:
        return KeySchema(KeyAttribute("id", "S"))


class NoCatalog(Catalog):
    """The table is known from the messages alone."""

    def relations(self, oid: int) -> List[RelationFacts]:
        return []

    def sample(self, relation: RelationFacts, document: str, columns: Sequence[str]) -> List[Sample]:
        return []


def discarded() -> Consume:
    return lambda payload, lsn: None


def decoded() -> Consume:
    return Decoder().decode


def mapped() -> Consume:
    decode, feed = Decoder().decode, Transactions().feed
    rules = LayoutRules(AssignmentRules({}, lambda name: True))
    layout = Layout(Users(), NoCatalog(), rules, LayoutMemory())

    def consume(payload: bytes, lsn: int) -> None:
        for read in feed(decode(payload, lsn), len(payload)):
            if isinstance(read, (Update, Insert, Delete)):
                layout.entries(read, lsn)
            elif isinstance(read, Relation):
                layout.relation(read, lsn)

    return consume


WAYS: Dict[str, Callable[[], Consume]] = {
    "receive and discard": discarded,
    "receive and decode": decoded,
    "receive, decode, map to items": mapped,
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--messages", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="polarshake-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL, which does not run as root, must reach it
        with Postgres(Home(Path(folder)), settings={"fsync": "off"}) as postgres:
            updates = fill(postgres, given.messages)
            costs: Dict[str, List[Cost]] = {way: [] for way in WAYS}
            for _ in range(given.rounds):
                for way, build in WAYS.items():
                    costs[way].append(read(postgres, build()))
            kept = keep(postgres)
    alones = {way: alone(build, kept, 5) for way, build in WAYS.items()}
    report(costs, alones, updates)


def fill(postgres: Postgres, messages: int) -> int:
    """Create a backlog of transactions of ROWS updates. Returns the number of transactions."""
    connection = psycopg2.connect(postgres.dsn)
    connection.autocommit = True
    cursor = connection.cursor()
    make(cursor, ROWS)
    for number in range(messages // ROWS):
        cursor.execute(_UPDATE, [str(number)])
    cursor.execute("SELECT pg_logical_emit_message(false, 'bench', %s)", [END.decode()])
    cursor.execute('SELECT avg(length(polardb_document::text)) FROM "Items"')
    print(f"{messages // ROWS * ROWS:,} updates, documents of {cursor.fetchone()[0]:.0f} bytes")
    connection.close()
    return messages // ROWS * ROWS


def make(cursor: Any, rows: int) -> None:
    """Create the table, its publication, and the slot, which begins after the first rows."""
    for statement in _TABLE.format(name=NAME, rows=rows).split(";"):
        cursor.execute(statement)
    cursor.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [NAME])


def read(postgres: Postgres, consume: Consume) -> Cost:
    """Read the whole backlog. Nothing is confirmed, so it remains."""
    options = {"proto_version": "1", "publication_names": NAME, "messages": "true"}
    connection = psycopg2.connect(postgres.dsn, connection_factory=LogicalReplicationConnection)
    cursor = connection.cursor()
    cursor.start_replication(NAME, decode=False, options=options)
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    while True:
        message = cursor.read_message()
        if message is None:
            select.select([cursor], [], [], 1)
            continue
        consume(message.payload, message.data_start)
        if message.payload[:1] == b"M" and message.payload.endswith(END):
            break
    cost = Cost(time.perf_counter() - wall, time.process_time() - cpu)
    connection.close()
    wait_released(postgres)
    return cost


def wait_released(postgres: Postgres) -> None:
    connection = psycopg2.connect(postgres.dsn)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("SELECT active FROM pg_replication_slots WHERE slot_name = %s", [NAME])
    while cursor.fetchone()[0]:
        time.sleep(0.05)
        cursor.execute("SELECT active FROM pg_replication_slots WHERE slot_name = %s", [NAME])
    connection.close()


def keep(postgres: Postgres) -> List[Message]:
    """Some of the backlog's messages, with their LSNs."""
    kept: List[Message] = []
    read(postgres, lambda payload, lsn: kept.append((payload, lsn)) if len(kept) < KEPT else None)
    return kept


def alone(build: Callable[[], Consume], kept: List[Message], rounds: int) -> float:
    """CPU seconds per message, with all messages in memory: waiting for the server would hide some of it."""
    costs = []
    for _ in range(rounds):
        consume = build()
        gc.collect()
        started = time.process_time()
        for payload, lsn in kept:
            consume(payload, lsn)
        costs.append(time.process_time() - started)
    return statistics.median(costs) / len(kept)


def report(costs: Dict[str, List[Cost]], alones: Dict[str, float], messages: int) -> None:
    print(f"{'':32}{'messages/s':>12}{'CPU us/message':>16}{'of it, alone':>14}{'to receiving':>14}")
    receiving = statistics.median(cost.cpu for cost in costs["receive and discard"]) / messages
    for way, found in costs.items():
        cpu = statistics.median(cost.cpu for cost in found) / messages * 1e6
        rate = messages / statistics.median(cost.wall for cost in found)
        own = alones[way] - alones["receive and discard"]
        print(f"{way:32}{rate:>12,.0f}{cpu:>16.2f}{own * 1e6:>14.2f}{own / receiving:>14.2f}")
    ratio = (alones["receive and decode"] - alones["receive and discard"]) / receiving
    verdict = "met" if ratio < LARGEST_RATIO else "MISSED"
    print(f"decoding costs {ratio:.2f} times receiving; target below {LARGEST_RATIO:g}: {verdict}")


if __name__ == "__main__":
    main()
