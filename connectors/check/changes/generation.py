"""Generations of a check, in this process.

A generation takes these steps. Each ends before the next begins, except that reading may go on for the next
generation while keys are compared.

1. The source describes each table. The generation begins at the earliest of these times, on its clock.
2. The streams are read until every change made before the begin has been read.
3. The keys of the changes, and those that were not equal before, are compared.
4. The source describes each table again. Only if every stream is still the same, the report is written, and
   the chain last.

On the way back, PolarDB's log takes the place of the streams: see `origins`.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable, Dict, List, Optional

from connectors.base.errors import TerminalError
from connectors.base.text import timestamp
from connectors.check.changes.chain import (
    BrokenChain,
    Chain,
    OpenKeys,
    mismatch,
    sealed,
    selection_of,
)
from connectors.check.changes.comparing import KeysOfTable, NoBulk, compare
from connectors.check.changes.link import next_chain
from connectors.check.changes.origins import Reading, origin_of
from connectors.check.changes.reader import IDLE
from connectors.check.components import CheckJob, CheckParts, run_of
from connectors.check.report.stored import open_to_replace
from connectors.check.report.summary import CheckMode, CheckRun, Scope, Summary
from connectors.check.report_collector import ReportCollector
from connectors.config.settings import Settings
from connectors.engine.enumerator.table_planner import TableState
from connectors.model.keys import KeyReader
from connectors.model.notices import PlannedTable

READ_THREADS = 16

Waiting = Callable[["Generations"], None]
"""Called again and again while a generation waits, for progress lines."""


def silent(generations: Generations) -> None:
    pass


@dataclass
class GenerationProgress:
    """What a generation is doing, for the user."""

    generation: int = 0
    comparing: int = 0
    """Keys that are being compared; 0 while it reads."""


class Generations:
    """`next` runs one generation. The reading of the streams goes on where the last one ended."""

    def __init__(self, settings: Settings, chain: Chain, place: str, waiting: Waiting = silent) -> None:
        """`place`: of the report. `waiting`: see Waiting."""
        self.chain, self._settings, self._place = chain, settings, place
        self._waiting = waiting
        self._parts = CheckParts(CheckJob(settings, {}, place, self._run(0.0)))
        self._pool = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="changes")
        self._comparing = ThreadPoolExecutor(1, thread_name_prefix="comparing")
        self._origin = origin_of(settings, chain, self._parts.source, self._pool)
        self._reader: Optional[Reading] = None
        self._keys: Dict[str, KeyReader] = {}
        self._closed = False
        self.progress = GenerationProgress()

    @property
    def waiting_keys(self) -> int:
        """Keys that the streams have shown since the last generation's keys were taken."""
        return self._reader.count if self._reader else 0

    def next(self, read_on: bool = False) -> Summary:
        """Run a generation. `read_on`: read for the next one while keys are compared.

        Raises BrokenChain, and what the sides raise. The chain is then as before.
        """
        self.progress = GenerationProgress(self.chain.last.generation + 1)
        started = self._begin()
        reader = self._read(started)
        (tables, log), changed = self._origin.reached(self.chain), reader.take()
        keys = self._keys_of(changed)
        self.progress.comparing = sum(len(table.keys) for table in keys)
        following: List[Chain] = []

        def chain_of(summary: Summary, planned: List[PlannedTable], open_: OpenKeys) -> Optional[bytes]:
            self._origin.verify(self.chain)
            chain = next_chain(self.chain, started, time.time(), tables, summary, open_, log)
            following.extend([chain] if chain else [])
            return sealed(chain) if chain else None

        job = self._comparing.submit(self._compare, keys, self._run(started), chain_of)
        summary = self._wait(job, read_on)
        if following:
            self.chain = following[0]
        else:
            # Its keys were taken from the reader and are not proven: the next generation reads them again.
            reader.close()
            self._reader = None
        return summary

    def read_until(self, moment: float) -> None:
        """Read for the next generation until `moment` (monotonic seconds)."""
        self.progress = GenerationProgress(self.chain.last.generation + 1)
        while time.monotonic() < moment:
            if self._reader:
                self._reader.turn()
            self._waiting(self)
            time.sleep(IDLE)

    def close(self) -> None:
        self._closed = True
        if self._reader:
            self._reader.close()
        self._origin.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._comparing.shutdown(wait=False, cancel_futures=True)

    def _begin(self) -> float:
        """The time at which this generation begins, after the tables were verified."""
        run = self._run(0.0)
        names = self._parts.discovery().names()
        problem = mismatch(self.chain, run.source, run.target, selection_of(self._settings.filter), names)
        if problem:
            raise BrokenChain(problem)
        begun = self._origin.begin(self.chain)
        if self._reader is None:
            self._keys = {name: KeyReader(name, schema) for name, schema in begun.schemas.items()}
            self._reader = self._origin.open(self.chain, self._keys)
        return begun.at

    def _read(self, started: float) -> Reading:
        assert self._reader is not None
        while not self._reader.complete(started):
            self._reader.turn()
            self._waiting(self)
            time.sleep(IDLE)
        return self._reader

    def _keys_of(self, changed: Dict[str, Dict[bytes, bytes]]) -> List[KeysOfTable]:
        """The keys to compare, with the definitions of both sides."""
        discovery = self._parts.discovery()
        states = [TableState(name, 1) for name in sorted(self.chain.tables)]
        keys: List[KeysOfTable] = []
        for prepared in self._pool.map(discovery.prepare, states):
            name = prepared.table
            digest = self._keys[name].digest
            again = {digest(bytes(key)): bytes(key) for key in self.chain.open.get(name, [])}
            both = {**again, **changed.get(name, {})}
            keys.append(KeysOfTable(name, prepared.schema, prepared.schema_differences, both))
        return keys

    def _compare(
        self,
        keys: List[KeysOfTable],
        run: CheckRun,
        chain_of: Callable[[Summary, List[PlannedTable], OpenKeys], Optional[bytes]],
    ) -> Summary:
        count = self._settings.check.lanes
        report = open_to_replace(self._place, self._settings)
        collector = ReportCollector(run, count, report, chain_of=chain_of)
        lanes = [self._parts.lane(number, NoBulk(), ()) for number in range(count)]
        try:
            return compare(lanes, keys, collector, self._pause)
        finally:
            for lane in lanes:
                lane.close()
            collector.close()

    def _pause(self, seconds: float) -> None:
        if self._closed:
            raise TerminalError("the check was stopped while it compared keys")
        time.sleep(seconds)

    def _wait(self, job: Future[Summary], read_on: bool) -> Summary:
        while not job.done():
            if read_on and self._reader:
                self._reader.turn()
            self._waiting(self)
            time.sleep(IDLE)
        return job.result()

    def _run(self, started: float) -> CheckRun:
        mode = CheckMode(
            Scope.CHANGES,
            generation=self.chain.last.generation + 1,
            full=timestamp(self.chain.full.started),
        )
        return run_of(self._settings, started, self.chain.left_out, mode, self._place)
