"""The downtime of a cut-over: from the last write to SWITCH NOW, with large tables and many changes.

    python -m bench.cutover --items 2000000 --rate 500 --seconds 60

Prepared servers hold the same items on both sides and accept puts, so the forward job starts with the
changes. During the writes, a check compares all items, and one generation compares what has changed since.
Then the writes stop, and `polarshake cutover --without-reverse` runs. The servers count at the end in how
many items the two sides differ, independently of the check.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import threading
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, List

from click.testing import CliRunner, Result

from bench.canned.items import PAGE, item_text
from bench.canned.pages import Template, share
from bench.job import NO_KEYS
from bench.options import REGION
from bench.subprocesses import PROJECT, helper
from connectors.command.app import polarshake
from connectors.command.cutover.journal import JournalFile
from local.demo.servers import home
from local.stack.flink.cluster import FlinkCluster
from local.stack.flink.config import Sizes, flink_home
from local.traffic.pacer import Pacer

BATCH = 10
PATIENCE = 300.0
JOB_SECONDS = 1800.0


class Writer:
    """Puts new versions of random items at a steady rate until it is stopped."""

    def __init__(self, endpoint: str, tables: List[str], items: int, rate: float) -> None:
        self._endpoint, self._tables, self._items = endpoint, tables, items
        self._template = Template([item_text(slot) for slot in range(PAGE)])
        self._pacer = Pacer(rate / BATCH, time.monotonic())
        self._stop = threading.Event()
        self._random = random.Random(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.done, self.last = 0, 0.0

    def start(self) -> Writer:
        self._thread.start()
        return self

    def stop(self) -> float:
        """Returns the time of the last acknowledged write, in seconds of time.time."""
        self._stop.set()
        self._thread.join()
        return self.last

    def _run(self) -> None:
        while not self._stop.is_set():
            now = time.monotonic()
            time.sleep(max(0.0, self._pacer.slot(now) - now))
            ask(self._endpoint, "BatchWriteItem", self._body())
            self.done += BATCH
            self.last = time.time()

    def _body(self) -> bytes:
        number = self._random.randrange(len(self._tables))
        start, stop = share(self._items, number, len(self._tables))
        puts = b",".join(
            b'{"PutRequest":{"Item":' + self._item(self._random.randrange(stop - start)) + b"}}"
            for _ in range(BATCH)
        )
        return b'{"RequestItems":{"%b":[%b]}}' % (self._tables[number].encode(), puts)

    def _item(self, index: int) -> bytes:
        item = self._template.items(index, index + 1)
        return b'{"version":{"N":"%d"},' % self.done + item[1:]


def ask(endpoint: str, operation: str, body: bytes) -> bytes:
    request = urllib.request.Request(endpoint, body, {"X-Amz-Target": f"DynamoDB_20120810.{operation}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return bytes(answer.read())


class Night:
    """The jobs and commands, each with the same settings."""

    def __init__(self, cluster: FlinkCluster, told: Dict[str, Any], folder: Path) -> None:
        self._cluster, self._report = cluster, str(folder / "report")
        sets = {
            "mode": "incremental",
            "streams.start": "now",
            "dynamodb.endpoint": told["source"],
            "dynamodb.region": REGION,
            "polardb.endpoint": told["target"],
            "filter.whiteTableSet": ";".join(told["tables"]),
            "parallelism": "2",
            "check.report": self._report,
            "deadLetter.path": str(folder / "dead"),
        }
        self._arguments = ["--config", str(PROJECT / "application.yaml")]
        for name, value in sets.items():
            self._arguments += ["--set", f"{name}={value}"]

    def submit(self) -> None:
        self._cluster.run_job(PROJECT / "jobs" / "forward.py", *self._arguments)

    def check(self, *words: str) -> float:
        """Seconds of an attached check. Raises SystemExit unless it reports EQUAL."""
        began = time.monotonic()
        job = PROJECT / "jobs" / "check.py"
        done = self._cluster.run_job(
            job, *self._arguments, *words, detached=False, seconds=JOB_SECONDS, check=False
        )
        if done.exit_code != 0:
            raise SystemExit(done.output)
        return time.monotonic() - began

    def changes(self) -> float:
        return self.check("--since", self._report)

    def is_live(self, tables: int) -> bool:
        done = CliRunner().invoke(polarshake, ["status", "--flink", self._cluster.address, "--json"])
        return str(done.output).count('"phase": "live"') == tables

    def cut_over(self) -> Result:
        options = ["--flink", self._cluster.address, "--report", self._report, "--without-reverse"]
        options += ["--flink-command", str(flink_home() / "bin" / "flink")]
        return CliRunner().invoke(polarshake, ["cutover", *self._arguments, *options])

    def seconds_between(self, step: str, later: str) -> float:
        """Of two steps of the cut-over, from when the first was done until the second was."""
        journal = JournalFile(Path(self._report), "cutover").load()
        entries = [journal.latest(each) for each in (step, later)] if journal else []
        begun, ended = (datetime.fromisoformat(entry.at.rstrip("Z")) for entry in entries if entry)
        return (ended - begun).total_seconds()


def main(argv: List[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench.cutover", description=__doc__)
    parser.add_argument("--items", type=int, default=2_000_000, help="on each side (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=500, help="writes a second (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="of writes after the last generation")
    options = parser.parse_args(argv)
    os.environ.update(NO_KEYS)
    served = ("bench.canned", "--live", f"--items={options.items}", "--tables=3")
    with home() as where, helper(*served) as server, FlinkCluster(where, Sizes(slots=4)) as cluster:
        cluster.wait_ready()
        os.environ.update(cluster.env(), FLINK_IDENT_STRING=cluster.name)
        told = json.loads(server.line())
        print(json.dumps(run(Night(cluster, told, where.data), told, options), indent=1))


def run(night: Night, told: Dict[str, Any], options: argparse.Namespace) -> Dict[str, Any]:
    night.submit()
    until = time.monotonic() + PATIENCE
    while not night.is_live(len(told["tables"])):
        if time.monotonic() > until:
            raise SystemExit("the forward job did not become live")
        time.sleep(1)
    writer = Writer(told["source"], told["tables"], options.items, options.rate).start()
    began = time.monotonic()
    full = night.check()
    generation = night.changes()
    time.sleep(options.seconds)
    writing, last = time.monotonic() - began, writer.stop()
    done = night.cut_over()
    downtime = time.time() - last
    print(done.output, file=sys.stderr)
    with urllib.request.urlopen(told["source"] + "/_stats", timeout=300) as answer:
        stats = json.load(answer)
    return {
        "items": options.items,
        "writes": writer.done,
        "writes_per_second": round(writer.done / writing),
        "full_check_seconds": round(full, 1),
        "generation_seconds": round(generation, 1),
        "quiet_to_equal_seconds": night.seconds_between("quiet", "last-check"),
        "last_write_to_switch_now_seconds": round(downtime, 1),
        "exit_code": done.exit_code,
        "items_that_differ": stats["differing"],
    }


if __name__ == "__main__":
    main(sys.argv[1:])
