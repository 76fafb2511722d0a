"""Measures the delay from a write on one side to the item on the other, under steady load, on real servers
and a real cluster.

python -m bench.delay --rate 500 --seconds 60
python -m bench.delay --reverse

Markers are written in addition to the load, and the other side is polled for them. The delay begins when the
write is acknowledged; with --reverse, that is after the commit in PostgreSQL. The checkpoint figures are
Flink's, of the same period. The servers share the machine with the job, so the load that they accepted is
printed too.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import AbstractContextManager
from typing import Any, Dict, List, NamedTuple, Tuple

from bench.subprocesses import Helper, helper
from connectors.command.progress.flink import FlinkJobs
from connectors.command.progress.snapshot import Stage
from connectors.config import load as configured
from connectors.reverse.validate import set_up
from local.demo import job
from local.demo.servers import Servers, home, servers
from local.demo.slot import WatchedSlot
from local.stack.description import variables
from local.stack.source import ACCESS_KEY, SECRET_KEY
from local.traffic import Client, Ledger, Plan, create_tables, load
from local.traffic.probe import measure_latency, percentile

ITEMS = 3_000
PROBES = 5.0
"""Markers per second. The polling for each costs the target's server more than a write."""
WARM_UP = 60
"""Markers at the beginning that are not counted: Flink and Python are still starting up."""


def main(argv: List[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench.delay", description=__doc__)
    parser.add_argument("--rate", type=float, default=500, help="writes a second (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="of measuring (default: %(default)s)")
    parser.add_argument("--reverse", action="store_true", help="from PolarDB to DynamoDB")
    options = parser.parse_args(argv)
    with home() as where:
        stack = servers(where)
        stack.stack.up(lambda text: None)
        way = (reverse if options.reverse else forward)(stack)
        print(json.dumps(measure(stack, way, options.rate, options.seconds), indent=1))


class Side(NamedTuple):
    address: str
    keys: Dict[str, str]

    def client(self) -> Client:
        return Client.from_environment(self.address, self.keys)


class Way(NamedTuple):
    """A running job, between the side that is written to and the other side."""

    written: Side
    shown: Side
    job: str


PLAN = Plan(tables=3, items=ITEMS, large_share=0.0)


def forward(stack: Servers, plan: Plan = PLAN, **sets: str) -> Way:
    """`sets`: further settings of the job."""
    dynamodb, polardb = _sides(stack)
    create_tables(dynamodb.client(), plan)
    load(dynamodb.client(), plan, Ledger.open(None, plan))
    running = job.submit(stack, **sets)
    _wait_live(FlinkJobs(stack.flink.address), running, plan.tables)
    return Way(dynamodb, polardb, running)


def reverse(stack: Servers) -> Way:
    """The items exist only in PolarDB, written before the slot existed: each change writes a whole item."""
    dynamodb, polardb = _sides(stack)
    for side in (dynamodb, polardb):
        create_tables(side.client(), PLAN, stream=False)
    load(polardb.client(), PLAN, Ledger.open(None, PLAN))
    settings = configured(job.reverse_settings(stack), {**os.environ, **variables(stack.stack)})
    set_up(settings, lambda statement: None)
    running = job.submit_reverse(stack)
    WatchedSlot(settings, lambda: None).until(lambda seen: seen.active, "read")
    return Way(polardb, dynamodb, running)


def _sides(stack: Servers) -> Tuple[Side, Side]:
    standin = stack.stack.standin
    assert standin
    return (
        Side(stack.source.address, _keys(ACCESS_KEY, SECRET_KEY)),
        Side(standin.address, _keys(standin.access_key, standin.secret_key.reveal())),
    )


def measure(
    stack: Servers, way: Way, rate: float, seconds: float, plan: Plan = PLAN, batch: int = 10
) -> Dict[str, Any]:
    with _writes(way.written, plan, rate, WARM_UP / PROBES + seconds, batch) as writes:
        delays = measure_latency(
            way.written.client(),
            way.shown.client(),
            plan.all_tables[0].name,
            WARM_UP + int(seconds * PROBES),
            PROBES,
        )
        told = [writes.line() for _ in range(int(seconds // 5))]
    counted = delays[WARM_UP:]
    checkpoints = stack.flink.rest.get(f"/jobs/{way.job}/checkpoints")
    return {
        "delay_ms": {name: round(1000 * percentile(counted, share)) for name, share in SHARES.items()},
        "markers": len(counted),
        "load": told[-1],
        "checkpoint_ms": {
            name: checkpoints["summary"]["end_to_end_duration"][name] for name in ("p50", "p99", "max")
        },
        "checkpoints": checkpoints["counts"],
    }


def _wait_live(jobs: FlinkJobs, job_id: str, count: int) -> None:
    while True:
        tables = jobs.progress(job_id).tables.values()
        if len(tables) == count and all(table.stage is Stage.LIVE for table in tables):
            return
        time.sleep(1)


SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}


def _writes(
    side: Side, plan: Plan, rate: float, seconds: float, batch: int
) -> AbstractContextManager[Helper]:
    os.environ.update(side.keys)
    run = ["--tables", str(plan.tables), "--items", str(plan.items)]
    run += ["--rate", str(rate), "--seconds", str(seconds), "--batch", str(batch)]
    return helper("bench.writes", "--endpoint", side.address, *run)


def _keys(access: str, secret: str) -> Dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret}


if __name__ == "__main__":
    main(sys.argv[1:])
