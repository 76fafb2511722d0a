"""Run the forward job while an application writes, until the job has passed the last write."""

from __future__ import annotations

import time
from typing import Callable

from connectors.base.text import plural
from connectors.command.cutover.streams import written_through
from connectors.command.progress.flink import FlinkJobs
from connectors.command.progress.snapshot import JobProgress, Stage
from local.demo import job
from local.demo.opening import Play
from local.demo.screen import Screen
from local.demo.watch import Since, Watch
from local.traffic import Ledger, Traffic

RATE = 150.0
"""Writes per second: the local DynamoDB shares the machine with all other servers."""
LIVE_SECONDS = 10.0
"""How long all tables stay live before the application stops."""
FOLLOW_SECONDS = 60.0
"""The application stops after this time even if the tables are not live: on a busy machine it may write
faster than the job copies."""
AFTER_COPY = (Stage.CATCHING_UP, Stage.LIVE)


def migrate(play: Play, screen: Screen) -> str:
    """Return the job's id. The job is still running; the application has stopped."""
    with screen.step("submit", job.COMMAND):
        job_id = job.submit(play.servers)
    address = play.servers.flink.address
    ledger = Ledger.open(play.ledger, play.plan)
    traffic = Traffic(play.source, play.plan, ledger, RATE).start()
    jobs = FlinkJobs(address)
    try:
        with screen.migration() as show:
            watch = Watch(jobs, job_id, traffic, address, show)
            watch.until(_copied)
            watch.until(Since(lambda job: job.live, LIVE_SECONDS, FOLLOW_SECONDS))
            traffic.stop()
            watch.writing = False
            watch.until(written_past(time.time()))
        screen.done("migrate", _migrated(watch))
    finally:
        traffic.request_stop()
        jobs.close()
        ledger.close()
    return job_id


def _copied(job: JobProgress) -> bool:
    tables = job.tables.values()
    return bool(tables) and all(table.stage in AFTER_COPY and table.scanned_whole for table in tables)


def written_past(stopped: float) -> Callable[[JobProgress], bool]:
    """Whether all changes made before `stopped`, epoch seconds, are at the target. A low lag is not enough:
    Flink may show a value from before `stopped`."""

    def past(job: JobProgress) -> bool:
        through = written_through(job)
        return through is not None and through >= stopped

    return past


def _migrated(watch: Watch) -> str:
    job = watch.job
    assert job
    scanned = sum(table.scanned for table in job.tables.values())
    streamed = sum(table.streamed for table in job.tables.values())
    return f"{scanned:,} items copied, {plural(streamed, 'change')} applied"
