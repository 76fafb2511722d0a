"""The reverse job with unaligned checkpoints, which contain records in flight between operators. After a
restart these records would be applied again, although the slot has advanced past them."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Dict

import pytest
from botocore.credentials import Credentials

from local.stack.home import PROJECT
from local.stack.source import ACCESS_KEY, SECRET_KEY
from local.traffic import Client
from tests.cluster.submitted import Submitted, until
from tests.cluster.workers import workers
from tests.harness.warm_cluster import WarmCluster
from tests.integration.reverse.pair import DatabasePair, item

UNALIGNED = {"execution.checkpointing.unaligned.enabled": "true"}
KEYS, VERSIONS = 400, 30


class Job(Submitted):
    def __init__(self, cluster: WarmCluster, pair: DatabasePair, source: str, folder: Path) -> None:
        self.cluster: WarmCluster
        super().__init__(cluster, PROJECT / "jobs" / "reverse.py")
        self._pair, self._source, self._folder = pair, source, folder

    def submit_unaligned(self) -> None:
        done = self.cluster.run_job(self._job, *self.settings(), parallelism=2, options=UNALIGNED)
        self.job_id = done.job_id or ""

    def sets(self) -> Dict[str, str]:
        return {
            "dynamodb.endpoint": self._source,
            "dynamodb.region": "us-east-1",
            "polardb.hostname": self._pair.postgres.host,
            "polardb.port": str(self._pair.postgres.port),
            "polardb.database": self._pair.database,
            "polardb.slotName": self._pair.slot,
            "polardb.publication": self._pair.publication,
            "checkpoint.interval": "1000",
            "write.limit": str(KEYS),
            "deadLetter.path": str(self._folder),
        }


@pytest.fixture
def job(flink_cluster, postgres, source, tmp_path, monkeypatch):
    for name, value in {
        "POLARSHAKE_DYNAMODB_AK": ACCESS_KEY,
        "POLARSHAKE_DYNAMODB_SK": SECRET_KEY,
        "POLARSHAKE_POLARDB_USERNAME": postgres.user,
        "POLARSHAKE_POLARDB_PASSWORD": postgres.password.reveal(),
    }.items():
        monkeypatch.setenv(name, value)
    client = Client(source.address, Credentials(ACCESS_KEY, SECRET_KEY))
    pair = DatabasePair(postgres, client, f"u{secrets.token_hex(3)}")
    job = Job(flink_cluster, pair, source.address, tmp_path / "dead")
    yield job, pair
    flink_cluster.cancel_all()
    until(lambda: pair.holder() is None, "the slot is free", 60)
    pair.drop()
    client.close()


def test_a_worker_that_is_killed_when_the_backlog_is_written_takes_no_key_back(job):
    running, pair = job
    table = pair.make()
    pair.publish()
    for version in range(VERSIONS):
        pair.put(table, *(item(f"k{key}", v=f"{version}") for key in range(KEYS)))
    running.submit_unaligned()
    until(lambda: pair.items(table), "the first item")
    running.wait_checkpoint()
    end = pair.lsn()
    until(lambda: pair.confirmed() >= end, "the backlog is written")
    assert pair.equal(table)
    for worker in workers(running.cluster):
        worker.kill()
    running.wait_restart(1)
    pair.put(table, item("after", v="1"))
    end = pair.lsn()
    until(lambda: pair.confirmed() >= end, "the slot follows again")
    assert pair.equal(table)
