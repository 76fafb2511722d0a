"""A console over a scripted migration. Server, page and steps are real; Flink and the databases are fakes."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from connectors.check.report.summary import Verdict
from connectors.command.console.collect import Collector
from connectors.command.console.gates import GateSource, GatesView, view
from connectors.command.console.serve import serve
from connectors.model.jobs import CHECK
from tests.fakes.cutover import summary
from tests.fakes.flink import FakeJob
from tests.unit.connectors.command.cutover.bench import Bench

EVERY = 0.05
"""Seconds between two polls."""
REPORT = b"<!doctype html><html lang='en'><title>report</title><h1>EQUAL</h1>\n"


def scanning(items: int, expected: int) -> Dict[str, int]:
    done = {"scannedItems": items, "expectedItems": expected, "lagSeconds": 300, "shardsReading": 1}
    return {"phase": 3, "generation": 1, "segments": 4, "segmentsDone": 1, "step": 0, **done}


def following(items: int, lag: int = 6, **others: int) -> Dict[str, int]:
    done = {"scannedItems": items, "expectedItems": items, "lagSeconds": lag, "shardsReading": 1}
    return {"phase": 3, "generation": 1, "segments": 4, "segmentsDone": 4, **done, **others}


class Migration(GateSource):
    """A migration that a test moves from stage to stage."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder / "report")
        self.job, self.flink = self.bench.job, self.bench.flink
        self.job.tables = {}

    def look(self) -> GatesView:
        return view(self.bench.context(dry_run=True))

    def report(self) -> Iterator[bytes]:
        return iter([REPORT] if self.bench.reports.summary else [])

    def check_runs(self, confirmed: int = 0) -> None:
        check = FakeJob("c1", CHECK)
        check.tables = {
            name: {**scanning(500, 1000), "suspects": 3, "settled": 1, "confirmed": confirmed, "lanesLeft": 4}
            for name in self.job.tables
        }
        self.flink.known["c1"] = check

    def check_ends(self, verdict: Verdict, different: int = 0) -> None:
        self.flink.known["c1"].state = "FINISHED"
        began, others = self.bench.now - 60, self.others
        self.bench.reports.summary = summary(began, verdict, different=different, others=others)

    @property
    def others(self) -> List[str]:
        """The tables that a check compares in addition to orders."""
        return [name for name in self.job.tables if name != "orders"]

    def cut_over(self) -> int:
        self.bench.runner.others = self.others
        return self.bench.run()


class RunningConsole:
    """The console's server in a thread of its own. Use it as a context manager."""

    def __init__(self, migration: Migration, history: Path) -> None:
        self._migration, self._history = migration, history
        self._ready, self._error = threading.Event(), ""
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._end: Any = None
        self.address = ""
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> RunningConsole:
        self._thread.start()
        assert self._ready.wait(120), self._error
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(120)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        bench = self._migration.bench
        await serve(
            lambda latest: Collector(bench.flink, latest, self._history, lambda: bench.now),
            self._migration,
            0,
            self._end,
            self._started,
            EVERY,
            EVERY,
        )

    def _started(self, address: str) -> None:
        self.address = address
        self._ready.set()
