"""The reverse job compared with receiving alone and with a plain loop, on the same backlog.

    python -m bench.reverse [--changes N] [--job-changes N] [--runs N]

The job gets a longer backlog, which begins with the others': the work of the JVM's compilers is done once.
Each change is a transaction that updates one document of 1 KB, chosen at random, as pgbench does. `receive`:
psycopg2 receives and discards. `plain loop`: decodes, and calls boto3's put_item for each change. `job`:
jobs/reverse.py on a Flink cluster, including its JVMs. The two that write use the prepared server. Its CPU
and PostgreSQL's are not counted. The time of the job begins when it has started and the benchmark releases
the slot, and ends when the slot's confirmed position has passed the last change.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, cast

import boto3
import psycopg2
from psycopg2.extras import LogicalReplicationConnection

from bench.environments import Endpoints
from bench.job import Job
from bench.measure import Measurement
from bench.options import REGION
from bench.pgoutput import END, NAME, Consume, make, read
from bench.runs import settle
from bench.subprocesses import helper
from connectors.postgres.pgoutput.decoder import Decoder
from connectors.postgres.pgoutput.messages import Update
from local.stack.home import Home
from local.stack.postgres import Postgres

TABLE = "Items"
OWN_SLOT = "bench_reverse"
ROWS = 20_000
MILLION = 1_000_000
PATIENCE = 300.0
# The row is chosen before its update: random() in a WHERE is evaluated again for every row of the table.
_CHANGE = """
DO $$ DECLARE chosen text; BEGIN FOR i IN 1..{changes} LOOP
  chosen := 'user' || (1 + floor(random() * {rows}))::int;
  UPDATE "Items" SET polardb_document = jsonb_build_object('id', jsonb_build_object('S', id)) ||
    (SELECT jsonb_object_agg('a' || n, jsonb_build_object('S', md5(i || chosen || n)))
     FROM generate_series(1, 20) n)
  WHERE id = chosen;
  COMMIT;
END LOOP; END $$
"""
_WAITING = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE %s)
"""
_PASSED = """
SELECT confirmed_flush_lsn >= '0/0'::pg_lsn + %s FROM pg_replication_slots WHERE slot_name = %s
"""


class Result(NamedTuple):
    way: str
    changes: int
    seconds: float
    cpu: float
    written: int
    """Writes at the server. Fewer than `changes` if changes of one key were merged."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--changes", type=int, default=50_000)
    parser.add_argument("--job-changes", type=int, default=0, help="for the job; default: 5 times --changes")
    parser.add_argument("--runs", type=int, default=1, help="rounds, each with a backlog of its own")
    arguments = parser.parse_args()
    of_job = arguments.job_changes or 5 * arguments.changes
    runs = [run(arguments.changes, of_job) for _ in range(arguments.runs)]
    print(json.dumps({"medians": medians(runs)}))


def run(changes: int, of_job: int) -> List[Result]:
    with (
        tempfile.TemporaryDirectory(prefix="polarshake-bench-") as folder,
        helper("bench.canned", "--items", "1") as canned,
    ):
        Path(folder).chmod(0o755)  # PostgreSQL, which does not run as root, must reach it
        target = json.loads(canned.line())["target"]
        with Postgres(Home(Path(folder)), settings={"fsync": "off"}) as postgres:
            fill(postgres, changes)
            create_table(target)
            results = [received(postgres, changes), plain(postgres, changes, target)]
            end = add(postgres, of_job - changes)
            results.append(job(postgres, of_job, target, end))
    report(results)
    return results


def medians(runs: List[List[Result]]) -> Dict[str, Dict[str, float]]:
    return {
        each[0].way: {
            "per_second": statistics.median(one.changes / one.seconds for one in each),
            "cpu_seconds_per_million": statistics.median(one.cpu / one.changes * MILLION for one in each),
        }
        for each in zip(*runs)
    }


def fill(postgres: Postgres, changes: int) -> None:
    """Create a backlog of both slots."""
    with closing(psycopg2.connect(postgres.dsn)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        make(cursor, ROWS)
        # psycopg2 may confirm by itself what the other candidates have read.
        cursor.execute("SELECT pg_copy_logical_replication_slot(%s, %s)", [NAME, OWN_SLOT])
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(_CHANGE.format(changes=changes, rows=ROWS))
        cursor.execute("SELECT pg_logical_emit_message(false, 'bench', %s)", [END.decode()])


def add(postgres: Postgres, changes: int) -> int:
    """Add to the backlog. Returns the end of the log after it."""
    with closing(psycopg2.connect(postgres.dsn)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(_CHANGE.format(changes=changes, rows=ROWS))
        cursor.execute("SELECT pg_logical_emit_message(false, 'bench', 'end of the backlog')")
        cursor.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])


def create_table(address: str) -> None:
    dynamodb(address).create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def received(postgres: Postgres, changes: int) -> Result:
    cost = read(postgres, lambda payload, lsn: None)
    return Result("receive", changes, cost.wall, cost.cpu, 0)


def plain(postgres: Postgres, changes: int, address: str) -> Result:
    before = written(address)
    cost = read(postgres, put_each(dynamodb(address)))
    return Result("plain loop", changes, cost.wall, cost.cpu, written(address) - before)


def put_each(client: Any) -> Consume:
    decode = Decoder().decode

    def consume(payload: bytes, lsn: int) -> None:
        message = decode(payload, lsn)
        if isinstance(message, Update):
            client.put_item(TableName=TABLE, Item=json.loads(cast(bytes, message.new[1])))

    return consume


def job(postgres: Postgres, changes: int, address: str, end: int) -> Result:
    contender = Job("job", sets=sets(postgres), script="reverse")
    held = psycopg2.connect(postgres.dsn, connection_factory=LogicalReplicationConnection)
    options = {"proto_version": "1", "publication_names": NAME}
    try:
        held.cursor().start_replication(OWN_SLOT, decode=False, options=options)
        measurement = Measurement(
            contender.start(Endpoints(address, address, [TABLE], "all", login(postgres)))
        )
        wait_for(postgres, contender, _WAITING, [f"%slot {OWN_SLOT}"])
        settle(measurement)
        before = written(address)
        held.close()
        measurement.begin()
        wait_for(postgres, contender, _PASSED, [end, OWN_SLOT])
        usage = measurement.end()
        count = written(address) - before
        if not count:
            raise RuntimeError("the slot has moved on and nothing was written")
        return Result("job", changes, usage.wall_seconds, usage.cpu_seconds, count)
    finally:
        held.close()
        contender.stop()


def sets(postgres: Postgres) -> Dict[str, str]:
    return {
        "polardb.hostname": postgres.host,
        "polardb.port": str(postgres.port),
        "polardb.database": postgres.database,
        "polardb.slotName": OWN_SLOT,
        "polardb.publication": NAME,
    }


def login(postgres: Postgres) -> Dict[str, str]:
    return {
        "POLARSHAKE_POLARDB_USERNAME": postgres.user,
        "POLARSHAKE_POLARDB_PASSWORD": postgres.password.reveal(),
    }


def wait_for(postgres: Postgres, contender: Job, question: str, values: List[Any]) -> None:
    """Wait until the query returns true. Raises RuntimeError if the submission fails, and after PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    with closing(psycopg2.connect(postgres.dsn)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(question, values)
        while not cursor.fetchone()[0]:
            contender.ended()  # raises when the submission failed; it ends well long before its job
            if time.monotonic() > deadline:
                raise RuntimeError(f"the job has not come so far: {question}")
            time.sleep(0.05)
            cursor.execute(question, values)


def written(address: str) -> int:
    with urllib.request.urlopen(f"{address}/_stats", timeout=10) as answer:
        return int(json.load(answer)["items_written"])


def dynamodb(address: str) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def report(results: List[Result]) -> None:
    print(f"{'':14}{'changes/s':>12}{'CPU s/million':>16}{'written':>12}")
    for one in results:
        cpu = one.cpu / one.changes * MILLION
        print(f"{one.way:14}{one.changes / one.seconds:>12,.0f}{cpu:>16.1f}{one.written:>12,}")
    plain, job = results[1], results[2]
    rate = (job.changes / job.seconds) / (plain.changes / plain.seconds)
    cpu = (plain.cpu / plain.changes) / (job.cpu / job.changes)
    print(f"the job does {rate:.1f} times the plain loop's changes/s")
    print(f"the plain loop takes {cpu:.1f} times the job's CPU for a change", flush=True)


if __name__ == "__main__":
    main()
