"""All checks before a job starts: both sides, the filter, then all tables in parallel."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from connectors.base.errors import PolarshakeError
from connectors.config.choices import CopyMode
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import SOURCE, STREAMS, SettingNames
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.ensure import Existing
from connectors.targets.preflight.access import try_streams_endpoint
from connectors.targets.preflight.problems import Problem, error_of, explain, late, lines_of, silent
from connectors.targets.preflight.selection import select
from connectors.targets.preflight.sides import Breaker, PreflightOptions, PreflightSides, SourceTable
from connectors.targets.preflight.table import TableCheck, TableFinding

THREADS = 4
"""DescribeStream allows about 10 calls a second: more threads would only be throttled."""
SECONDS = 300.0


class Examined(NamedTuple):
    tables: List[SourceTable]
    """Ordered by name: the tables that the source described, including those with problems."""
    problems: List[Problem]


def preflight(sides: PreflightSides, wanted: PreflightOptions, seconds: float = SECONDS) -> List[SourceTable]:
    """The tables that take part, by name. Raises one PreflightError with a line for every problem found."""
    return admit(examine(sides, wanted, seconds), False).tables


def examine(sides: PreflightSides, wanted: PreflightOptions, seconds: float = SECONDS) -> Examined:
    """Writes nothing. A check that does not finish within `seconds` is a problem too."""
    guarded = PreflightSides(Breaker(sides.source), Breaker(sides.streams), sides.target)
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="preflight")
    try:
        return _Check(guarded, wanted, pool, time.monotonic() + seconds, seconds).run()
    finally:
        # A call that hangs ends by its client's time-out. It is not waited for here.
        pool.shutdown(wait=False, cancel_futures=True)


class Admitted(NamedTuple):
    tables: List[SourceTable]
    spared: List[str]
    """Problems of single tables: they will be suspended."""


def admit(examined: Examined, spare: bool) -> Admitted:
    """`spare`: a problem of one table does not stop the job. Raises one PreflightError otherwise."""
    spared = [problem for problem in examined.problems if spare and problem.of_one_table]
    if len(spared) < len(examined.problems):
        raise error_of(examined.problems)
    return Admitted(examined.tables, lines_of(spared))


def contradiction(wanted: PreflightOptions) -> List[Problem]:
    """Settings that would lose data in combination."""
    does = {Existing.RECREATE: "drop", Existing.RENAME: "rename"}.get(wanted.tables.existing)
    if wanted.mode is CopyMode.INCREMENTAL and does:
        return [
            Problem(
                f"tables.existing: {wanted.tables.existing.value} would {does} tables that mode: incremental "
                f"does not copy again. Set tables.existing: keep, or mode: all"
            )
        ]
    return []


class _Check:
    def __init__(
        self,
        sides: PreflightSides,
        wanted: PreflightOptions,
        pool: ThreadPoolExecutor,
        deadline: float,
        seconds: float,
    ) -> None:
        self._sides, self._wanted, self._pool = sides, wanted, pool
        self._deadline, self._seconds = deadline, seconds

    def run(self) -> Examined:
        names, problems = self._selected()
        problems = contradiction(self._wanted) + problems
        if names is None:
            return Examined([], problems)
        findings = self._all({name: TableCheck(name, self._sides, self._wanted).run for name in names})
        tables = []
        for name in names:
            finding: TableFinding = findings.get(name) or TableFinding(None, [late(self._seconds, name)])
            problems += finding.problems
            if finding.table is not None:
                tables.append(finding.table)
        return Examined(tables, problems)

    def _selected(self) -> Tuple[Optional[List[str]], List[Problem]]:
        """List the tables of both sides: this shows whether they answer and accept the credentials."""
        questions: Dict[str, Callable[[], Any]] = {
            "source": lambda: _listing(self._sides.source, SOURCE),
            "target": self._sides.target.reach,
        }
        if self._wanted.mode.follows:
            questions["streams"] = lambda: _streams(self._sides.streams)
        listings = self._all(questions)
        existing, problems = listings.get("source") or (None, [silent(self._seconds, SOURCE.endpoint)])
        problems += listings.get("target", [silent(self._seconds, self._sides.target.name)])
        if "streams" in questions and existing is not None:  # both are one service: report it once
            problems += listings.get("streams", [silent(self._seconds, STREAMS.endpoint)])
        if existing is None:
            return None, problems
        names, wrong = select(existing, self._wanted.filter)
        return names, problems + wrong

    def _all(self, jobs: Dict[str, Callable[[], Any]]) -> Dict[str, Any]:
        """Results by name. A job that has not ended by the deadline has none."""
        futures: Dict[str, Future[Any]] = {name: self._pool.submit(job) for name, job in jobs.items()}
        wait(futures.values(), timeout=max(0.0, self._deadline - time.monotonic()))
        return {name: future.result() for name, future in futures.items() if future.done()}


def _streams(caller: Caller) -> List[Problem]:
    """A wrong endpoint must be found before streams are enabled at the source."""
    try:
        try_streams_endpoint(caller)
        return []
    except PolarshakeError as error:
        return [explain(error, STREAMS)]


def _listing(caller: Caller, names: SettingNames) -> Tuple[Optional[List[str]], List[Problem]]:
    try:
        return api.list_tables(caller), []
    except PolarshakeError as error:
        return None, [explain(error, names)]
