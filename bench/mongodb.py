"""The forward job to MongoDB compared with a baseline. They take turns: A B A B.

    python -m bench.mongodb --items 1000000 --runs 3

Prints a table of medians and writes bench/results/mongodb.json. Only the client's side is counted, as in
bench.forward. Both use prepared servers.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from pathlib import Path
from typing import Any, Dict, Iterator, NamedTuple, Optional

import pymongo

from bench.candidates import Candidate, Program
from bench.environments import CannedEnvironment, Endpoints, Load
from bench.report import item_bytes, machine, medians, over, steady, table, told
from bench.runs import Run, run_once
from bench.subprocesses import helper
from bench.suites import GROWTH

RESULTS = Path(__file__).resolve().parent / "results"


class MongoEnvironment(CannedEnvironment):
    """A prepared source, and a MongoDB that discards all writes."""

    def __init__(self, address: str, endpoints: Endpoints, load: Load) -> None:
        super().__init__(address, endpoints, load)
        self._client: pymongo.MongoClient[Any] = pymongo.MongoClient(endpoints.target)

    def done(self, ended: bool) -> Optional[float]:
        counted = self._client.admin.command("benchStats")
        if counted["written"] >= self.count:
            return float(counted["lastWriteAt"] - self._ask("/_stats")["opened_at"])
        if ended:
            raise RuntimeError(f"only {counted['written']} of {self.count} items were written")
        return None

    def check(self) -> None:
        """The target does not inspect what it receives, so nothing can be verified."""


@contextlib.contextmanager
def scene(items: int, tables: int) -> Iterator[MongoEnvironment]:
    load = Load(items=items, tables=tables)
    with helper("bench.canned", f"--items={items}", f"--tables={tables}", "--gate") as source:
        told = json.loads(source.line())
        with helper("bench.canned.mongodb") as target:
            uri = target.line()
            env = {"POLARSHAKE_MONGODB_URI": uri}
            yield MongoEnvironment(
                told["source"], Endpoints(told["source"], uri, told["tables"], "full", env), load
            )


class Row(NamedTuple):
    contender: str
    items: int

    @property
    def name(self) -> str:
        return self.contender if self.contender == "floor" else f"{self.contender}, {self.items:,}"


def contender(row: Row) -> Candidate:
    name = row.contender
    if name == "floor":
        return Program("floor", "bench.baseline_copy_mongodb")
    from bench.job import Job  # needs the local stack's Flink cluster

    convert = name.partition(" ")[2] or "change"
    sets = {
        "target": "mongodb",
        "mongodb.database": "bench",
        "mongodb.convert": convert,
        "polardb.endpoint": "",
    }
    return Job(row.name, sets)


def main() -> None:
    arguments = parse()
    found = list(rows_of(arguments))
    runs = [_run(row, arguments.tables) for _ in range(arguments.runs) for row in found]
    size = item_bytes()
    rows = medians(runs, size)
    print(f"\n{table(rows)}\n{told(rows)}")
    document: Dict[str, Any] = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "command": " ".join(["python -m bench.mongodb", *sys.argv[1:]]),
        "machine": machine(),
        "item_bytes": round(size, 1),
        "medians": rows,
        "between_two_sizes": {name: each._asdict() for name, each in steady(rows).items()},
        "cpu_over_floor": over(rows, "floor"),
        "runs": [{**run._asdict(), "usage": run.usage._asdict()} for run in runs],
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "mongodb.json").write_text(json.dumps(document, indent=2) + "\n")


def rows_of(arguments: argparse.Namespace) -> Iterator[Row]:
    """Each job in two sizes, because the work of the JVM's compilers is done once per run."""
    for name in arguments.contender or NAMES:
        if name == "floor":
            yield Row(name, min(arguments.items, arguments.floor_items))
        else:
            yield Row(name, arguments.items)
            yield Row(name, arguments.items * GROWTH)


def _run(row: Row, tables: int) -> Run:
    with scene(row.items, tables) as made:
        run = run_once(made, contender(row))
    print(
        f"{row.name}: {run.moved:,} in {run.seconds:.1f} s, CPU {run.usage.cpu_seconds:.1f} s",
        file=sys.stderr,
    )
    return run


NAMES = ("floor", "job", "job raw")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.mongodb", description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--floor-items", type=int, default=50_000, help="the same for the floor, at most")
    parser.add_argument("--runs", type=int, default=3, help="rounds; each runs every contender once")
    parser.add_argument("--tables", type=int, default=2)
    parser.add_argument("--contender", action="append", choices=NAMES, help="may be repeated; default: all")
    return parser.parse_args()


if __name__ == "__main__":
    main()
