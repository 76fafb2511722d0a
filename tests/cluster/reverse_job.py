"""An application that writes to PolarDB, and the reverse job that keeps DynamoDB current."""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Dict, Iterator, Optional, Set

import psycopg2

from connectors.config import load
from connectors.model.dead_letters import STEM
from connectors.reverse.validate import set_up, tear_down
from local.stack.flink.cluster import FlinkCluster
from local.stack.home import PROJECT
from local.stack.postgres import Postgres
from local.standin.database import DATABASE
from local.traffic import Ledger, Plan, Traffic, create_tables
from local.traffic import load as load_items
from local.traffic.client import CallError
from local.verify import check, compare_until_equal
from tests.cluster.migration import Sides
from tests.cluster.submitted import Submitted, until
from tests.harness.sampler import Sampler

JOB = PROJECT / "jobs" / "reverse.py"
RATE = 20.0
BEACONS_A_SECOND = 4.0


class SubmittedReverseJob(Submitted):
    """The reverse job of an application. `sides.source` is DynamoDB and `sides.target` is PolarDB's endpoint,
    although changes flow from PolarDB to DynamoDB here."""

    def __init__(
        self, cluster: FlinkCluster, sides: Sides, postgres: Postgres, folder: Path, items: int
    ) -> None:
        super().__init__(cluster, JOB)
        self.sides, self.postgres = sides, postgres
        self.name = f"r{secrets.token_hex(3)}_"
        self.slot = f"slot_{self.name}"
        self.plan = Plan(tables=3, items=items, prefix=self.name, large_share=0.001)
        self.beacons = f"{self.name}beacons"
        self.ledger, self.dead = str(folder / f"{self.name}ledger"), folder / f"{self.name}dead"
        self._traffic: Optional[Traffic] = None
        self._stop = threading.Event()
        self._beacon: Optional[threading.Thread] = None
        self.sampler = Sampler(self._end_of_log, self.confirmed, self._present, every=0.1)

    def prepare(self) -> SubmittedReverseJob:
        """Create the tables on both sides and a slot, then start the traffic."""
        for client in (self.sides.source, self.sides.target):
            create_tables(client, self.plan, stream=False)
            client.ask(
                "CreateTable",
                {
                    "TableName": self.beacons,
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                    "BillingMode": "PAY_PER_REQUEST",
                },
            )
        set_up(load(self.settings(), self.cluster_environment()), print)
        ledger = Ledger.open(self.ledger, self.plan)
        load_items(self.sides.target, self.plan, ledger)
        self._traffic = Traffic(self.sides.target, self.plan, ledger, RATE).start()
        self.sampler.__enter__()
        self._beacon = threading.Thread(target=self._light, daemon=True)
        self._beacon.start()
        return self

    def sets(self) -> Dict[str, str]:
        return {
            "dynamodb.endpoint": self.sides.reads.address,
            "dynamodb.region": "us-east-1",
            "polardb.hostname": self.postgres.host,
            "polardb.port": str(self.postgres.port),
            "polardb.slotName": self.slot,
            "polardb.publication": f"pub_{self.name}",
            "filter.whiteTableSet": f"{self.name}*",
            "checkpoint.interval": "1000",
            "deadLetter.path": str(self.dead),
        }

    def cluster_environment(self) -> Any:
        return os.environ

    def confirmed(self) -> int:
        return int(
            self._sql(
                "SELECT confirmed_flush_lsn - '0/0'::pg_lsn FROM pg_replication_slots WHERE slot_name = %s",
                self.slot,
            )
        )

    def holder(self) -> Optional[int]:
        """The server process that sends to the job; None if nobody reads the slot or it does not exist."""
        pid = self._sql("SELECT max(active_pid) FROM pg_replication_slots WHERE slot_name = %s", self.slot)
        return None if pid is None else int(pid)

    def wait_another_holder(self, before: Optional[int]) -> None:
        """Wait until the job reads again over a new connection. PostgreSQL may be unavailable in the
        meantime."""

        def another() -> bool:
            with suppress(psycopg2.OperationalError):
                return self.holder() not in (None, before)
            return False

        until(another, "the job reads its slot again", 60)

    @contextmanager
    def shut_out(self) -> Iterator[None]:
        """End the job's connections, and refuse new ones until the block ends."""
        allow = f"ALTER DATABASE {DATABASE} WITH ALLOW_CONNECTIONS"
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE %s"
        self._sql(f"{allow} false", database="postgres")
        try:
            self._sql(ended, "polarshake%", database="postgres")
            yield
        finally:
            self._sql(f"{allow} true", database="postgres")

    def drop_slot(self) -> None:
        reads = "SELECT max(active_pid) FROM pg_replication_slots WHERE slot_name = %s"
        until(lambda: self._sql(reads, self.slot, database="postgres") is None, "the slot is released", 30)
        self._sql("SELECT pg_drop_replication_slot(%s)", self.slot, database="postgres")

    def gauges(self, *names: str) -> Dict[str, str]:
        """Metrics of the slot from Flink's REST API."""
        gauges: Dict[str, str] = {}
        for vertex in self.cluster.rest.get(f"/jobs/{self.job_id}")["vertices"]:
            path = f"/jobs/{self.job_id}/vertices/{vertex['id']}/subtasks/metrics"
            ids = [metric["id"] for metric in self.cluster.rest.get(path)]
            for name in names:
                wanted = [each for each in ids if each.endswith(f".slot.{self.slot}.{name}")]
                if wanted:
                    gauges[name] = str(self.cluster.rest.get(f"{path}?get={wanted[0]}"))
        return gauges

    def wait_moving(self) -> None:
        """Wait until the slot has passed the current end of the log."""
        end = self._end_of_log()
        until(lambda: self.confirmed() >= end, "the slot follows")

    def assert_whole(self) -> None:
        """Stop the traffic. Both sides must become equal to each other and to the ledger, and the slot must
        never have been ahead of DynamoDB."""
        self._end_traffic()
        tables = [*(table.name for table in self.plan.all_tables), self.beacons]
        verdict = compare_until_equal(self.sides.source, self.sides.target, tables, patience=180)
        refused = [each.read_text()[-500:] for each in self.dead.glob(f"{STEM}*")]
        assert not any(refused), refused
        assert verdict.equal, str(verdict)
        wanted = check(self.sides.source, self.ledger)
        assert wanted.equal, str(wanted)
        self.wait_moving()
        self.sampler.__exit__(None, None, None)

    def abandon(self) -> None:
        self._stop.set()
        if self._traffic is not None:
            self._traffic.request_stop()
        if self.job_id and self.cluster.jobmanager.process() is not None:
            self.cluster.cancel_all()
        self.sampler.stop()
        until(lambda: self.holder() is None, "the slot is free", 60)
        tear_down(load(self.settings(), self.cluster_environment()), print)

    def _end_traffic(self) -> None:
        self._stop.set()
        assert self._beacon is not None
        self._beacon.join()
        if self._traffic is not None:
            traffic, self._traffic = self._traffic, None
            stats = traffic.stop()
            assert stats.applied > 0, stats.line()

    def _light(self) -> None:
        number = 0
        while not self._stop.wait(1 / BEACONS_A_SECOND):
            key, number = f"{number:06}", number + 1
            try:
                self.sides.target.ask(
                    "PutItem",
                    {"TableName": self.beacons, "Item": {"id": {"S": key}, "n": {"N": str(number)}}},
                )
                self.sampler.committed(key)
            except (CallError, psycopg2.Error):
                continue  # PostgreSQL is being killed

    def _present(self) -> Set[str]:
        page = self.sides.source.ask("Scan", {"TableName": self.beacons, "ConsistentRead": True})
        assert "LastEvaluatedKey" not in page
        return {item["id"]["S"] for item in page["Items"]}

    def _end_of_log(self) -> int:
        return int(self._sql("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))

    def _sql(self, statement: str, *values: Any, database: str = DATABASE) -> Any:
        """The first row's first value, if there is one."""
        connection = psycopg2.connect(self.postgres.dsn, dbname=database)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall()[0][0] if cursor.description else None
        finally:
            connection.close()
