"""A migration by the forward job: the application's tables, its continuous writes, and the job."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

from botocore.credentials import Credentials

from connectors.command.progress.flink import FlinkJobs
from connectors.model.dead_letters import STEM
from local.stack.flink.cluster import FlinkCluster
from local.stack.home import PROJECT
from local.traffic import Client, Ledger, Plan, Traffic, create_tables, load
from local.verify import check, compare_until_equal
from local.verify.side import Target
from tests.cluster.checking import Checking
from tests.cluster.recorder import Recorder
from tests.cluster.submitted import Submitted, until
from tests.harness.mongowire import MongoWire

JOB = PROJECT / "jobs" / "forward.py"
SEGMENTS = 2
PAGE_ITEMS = 8
SLOWLY = 8.0
"""Scan calls per second and table: 1,000 items take 15 seconds."""
RATE = 10.0
"""Writes per second. On a small, busy machine each takes 25 ms of its two cores, including the servers, and
two clusters run at the same time. With 60 writes per second, a job that runs at the same time as a check
never catches up."""


class Sides(NamedTuple):
    """Direct clients of both servers, for the traffic and the comparison, and the job's settings for the
    servers."""

    source: Client
    target: Target
    reads: Recorder
    writes: Union[Recorder, MongoWire]
    write_operation: str
    """Name of the operation that writes to the target."""
    sets: Dict[str, str]
    """Settings with which the job reaches the target through the recorder `writes`."""
    direct: Dict[str, str] = {}
    """Settings that bypass `writes`, for targets whose recorder must not count other requests."""


class Migration(Submitted):
    """A migration. The job creates the target's tables."""

    def __init__(self, cluster: FlinkCluster, sides: Sides, folder: Path, prefix: str, items: int) -> None:
        super().__init__(cluster, JOB)
        self.sides = sides
        self.plan = Plan(tables=3, items=items, prefix=prefix, large_share=0.001)
        self.ledger = str(folder / f"{prefix}ledger")
        self.report = folder / f"{prefix}report"
        self.dead = folder / f"{prefix}dead"
        self._traffic: Optional[Traffic] = None
        self._kept = self._lost = 0

    @property
    def tables(self) -> List[str]:
        return [table.name for table in self.plan.all_tables]

    def prepare(self, traffic: bool = True) -> Migration:
        create_tables(self.sides.source, self.plan)
        ledger = Ledger.open(self.ledger, self.plan)
        load(self.sides.source, self.plan, ledger)
        if traffic:
            self._traffic = Traffic(self.sides.source, self.plan, ledger, RATE).start()
        return self

    def sets(self) -> Dict[str, str]:
        return {
            "dynamodb.endpoint": self.sides.reads.address,
            "dynamodb.region": "us-east-1",
            **self.sides.sets,
            "filter.whiteTableSet": f"{self.plan.prefix}*",
            "streams.graceSeconds": "1",
            "scan.segments": str(SEGMENTS),
            "scan.limit": str(PAGE_ITEMS),
            "scan.readLimit.unit": "requests",
            "scan.readLimit.rate": str(SLOWLY),
            "checkpoint.interval": "1000",
            "deadLetter.path": str(self.dead),
        }

    def begun(self) -> Counter[Tuple[str, int]]:
        """How often each (table, segment) was read from its start."""
        return Counter((page.table, page.segment) for page in self._own() if page.begins)

    def ended(self) -> bool:
        """Whether every segment has been read to its end."""
        return len({(page.table, page.segment) for page in self._own() if page.ends}) == SEGMENTS * len(
            self.tables
        )

    def pages(self) -> int:
        return len(self._own())

    def scanning(self) -> bool:
        """Whether every segment has been begun."""
        return len(self.begun()) == SEGMENTS * len(self.tables)

    def keep(self) -> None:
        """Wait until a checkpoint contains all pages that have been read. The scan must be held."""
        written = -1
        while len(self._writes()) > written:
            written = len(self._writes())
            self.wait_checkpoint()
        self.wait_checkpoint()
        self._kept = self.pages()

    def keep_all(self) -> None:
        """Wait until a checkpoint contains that every segment has been written to its end."""
        jobs = FlinkJobs(self.cluster.address)

        def whole() -> bool:
            found = jobs.progress(self.job_id).tables.values()
            return len(found) == len(self.tables) and all(one.segments and one.scanned_whole for one in found)

        until(whole, "every segment has been written")
        self.wait_checkpoint()
        self._kept = self.pages()

    def lose(self) -> None:
        """Note that the job has restarted: it may read again what was read after `keep`."""
        self._lost += self.pages() - self._kept

    def wait_written(self, count: int = 5) -> None:
        """Wait until the job writes (again): until `count` more calls were answered."""
        before = len(self._writes())
        until(lambda: len(self._writes()) >= before + count, "the job writes")

    def stop_traffic(self) -> None:
        if self._traffic is not None:
            traffic, self._traffic = self._traffic, None
            stats = traffic.stop()
            assert stats.applied > 0, stats.line()

    def abandon(self) -> None:
        """Stop the traffic of a test that has failed."""
        if self._traffic is not None:
            self._traffic.request_stop()

    def assert_whole(self) -> None:
        """Like `assert_consistent`, with the product's own check in addition. Ends the forward job."""
        self.assert_consistent()
        self.assert_checked()

    def assert_consistent(self) -> None:
        """Stop the traffic. Both sides must become equal to each other and to the ledger, without dead
        letters."""
        self.stop_traffic()
        self.assert_equal()
        wanted = check(self.sides.target, self.ledger)
        assert wanted.equal, str(wanted)

    def assert_checked(self) -> None:
        """Run the product's own check after the independent reader; both must find the sides equal. Ends the
        forward job, because the check needs its task slots. The check bypasses the recorders, which count the
        forward job's pages."""
        self.cluster.wait_ready()
        self.cluster.cancel_all()
        checking = Checking(self.cluster, self, self.report)
        direct = {"dynamodb.endpoint": self.sides.source.endpoint, **self.sides.direct}
        assert checking.run(**direct) == 0, checking.done.output
        assert checking.summary["verdict"] == "equal"
        assert sorted(table["table"] for table in checking.summary["tables"]) == sorted(self.tables)

    def assert_equal(self) -> None:
        verdict = compare_until_equal(self.sides.source, self.sides.target, self.tables, patience=120)
        refused = [each.read_text()[-500:] for each in self.dead.glob(f"{STEM}*")]
        assert not any(refused), refused
        assert verdict.equal, str(verdict)

    def assert_scanned_once(self) -> None:
        """No segment was started twice. The restarts read again at most what no checkpoint contained."""
        assert set(self.begun().values()) == {1}
        assert self.ended()
        once = sum(1 for page in self._own() if page.ends) + self.plan.items / PAGE_ITEMS
        grown = self._applied() / PAGE_ITEMS
        assert self.pages() <= once + grown + self._lost

    def assert_never_failed(self) -> None:
        assert self.failures() == 0

    def _writes(self) -> List[float]:
        return self.sides.writes.done(self.sides.write_operation)

    def _applied(self) -> int:
        return sum(1 for line in open(self.ledger, "rb") if line.endswith(b'"ok"]\n'))

    def _own(self) -> List[Any]:
        return [page for page in list(self.sides.reads.reads) if page.table.startswith(self.plan.prefix)]


def client(address: str, access_key: str, secret_key: str) -> Client:
    return Client(address, Credentials(access_key, secret_key))
