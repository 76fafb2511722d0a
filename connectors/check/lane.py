"""One lane of the check: stores fingerprints, joins them, and reads suspects again. No Flink.

`apply` processes what the readers send, and `step` does the work between records. Neither waits for the
network. Their CheckOutcome contains the small state entries to store; they write fingerprints directly to the
bulk state.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

import msgspec

from connectors.base.timing import CLOCKS, Clocks
from connectors.check import notices
from connectors.check.access import Access, FoundKeys, ObservedItems
from connectors.check.background_tasks import BackgroundTasks
from connectors.check.chunks import BulkState, FingerprintRun
from connectors.check.convergence import Comparison, ConvergenceRules, SuspectDecision, SuspectHistory, decide
from connectors.check.finding import Finding, repaired
from connectors.check.join import Joined
from connectors.check.join import JoinSuspect as Unmatched
from connectors.check.report.difference import DifferenceKind
from connectors.check.suspects import ENTRY, Suspect, Suspects
from connectors.check.table import COUNTS, PROGRESS, CheckCounts, CheckPhase, CheckProgress, CheckTable
from connectors.model.keys import KeyReader, key_schema
from connectors.model.records import Fingerprints, LaneNotice, LookupKeys, Part, SegmentDone
from connectors.model.state import Changed, Entries
from connectors.model.writes import Write, WriteReport

_progress = msgspec.msgpack.Decoder(CheckProgress).decode
_counts = msgspec.msgpack.Decoder(CheckCounts).decode

LOT = 25
"""Keys that one background task reads: 25 items of 400 KB from each side are 20 MB."""
CLEARED = 8
"""Chunks that one step removes. A chunk has 65 entries."""
REPAIRS = 3
"""Maximum number of times that a repair writes a key."""
SOON, WAITING, IDLE = 0.005, 0.02, 1.0
"""Seconds to the next step: during a join, while background tasks run, and the maximum otherwise."""


class CheckPolicy(NamedTuple):
    """The settings of a lane."""

    rules: ConvergenceRules
    repair: bool = False
    delete_extra: bool = False
    most: int = 25_000
    """Maximum suspects of one table that a lane reads again."""


class CheckOutcome(NamedTuple):
    changed: Changed
    notices: List[str]


class CheckLane:
    def __init__(
        self,
        number: int,
        policy: CheckPolicy,
        access: Access,
        bulk: BulkState,
        pool: ThreadPoolExecutor,
        saved: Entries = (),
        clocks: Clocks = CLOCKS,
    ) -> None:
        self._number, self._policy = number, policy
        self._clock, self._wall = clocks
        self._access, self._bulk = access, bulk
        self._tasks = BackgroundTasks(pool)
        self._random = random.Random()
        self._suspects = Suspects()
        self.tables: Dict[str, CheckTable] = {}
        self._out = CheckOutcome(Changed(), [])
        self._restore(saved)

    def apply(self, parts: List[Part]) -> CheckOutcome:
        self._out = CheckOutcome(Changed(), [])
        for part in parts:
            if isinstance(part, Fingerprints):
                self._table(part.table).fingerprints(part, self._out.changed)
            elif isinstance(part, LookupKeys):
                self._keys(part)
            elif isinstance(part, SegmentDone):
                self._table(part.table).part_done(part, self._out.changed)
            elif isinstance(part, LaneNotice):
                if self._number == 0:  # Every lane receives it; one of them forwards it.
                    self._out.notices.append(part.text)
                self._recall()
        return self._out

    def step(self) -> CheckOutcome:
        """Do the next piece of work. Raises what a background read or write has raised."""
        self._out = CheckOutcome(Changed(), [])
        self._tasks.collect()
        for table in self.tables.values():
            self._advance(table)
        while self._tasks.room and self._send():
            pass
        return self._out

    def pause(self) -> Optional[float]:
        """Seconds until the next step; None: not before the next record."""
        phases = {table.progress.phase for table in self.tables.values()}
        if phases & {CheckPhase.JOINING, CheckPhase.CLEARING}:
            return SOON
        if self._tasks.busy:
            return WAITING
        due = self._suspects.next_due()
        if due is None:
            return SOON if CheckPhase.SETTLING in phases else None
        return min(IDLE, max(SOON, due - self._clock()))

    def close(self) -> None:
        self._access.close()

    def _keys(self, part: LookupKeys) -> None:
        table = self._table(part.table)
        table.keys(part, self._out.changed)
        reader = KeyReader(part.table, key_schema(part.schema))
        for key in part.keys:
            digest = reader.digest(key)
            if digest in table.chosen:
                continue  # The sample of the other side also has this key, and it may already be settled.
            table.chosen.add(digest)
            self._suspects.add(Suspect(part.table, digest, key=key, chosen=True), self._out.changed)

    def _advance(self, table: CheckTable) -> None:
        phase = table.progress.phase
        if phase is CheckPhase.JOINING:
            joined = table.join.step(self._room(table))
            if joined is not None:
                self._take_joined(table, joined)
        elif phase is CheckPhase.CLEARING:
            if table.clear(CLEARED, self._out.changed):
                table.enter(CheckPhase.SETTLING, self._out.changed)
        elif phase is CheckPhase.SETTLING and not self._suspects.open(table.name):
            table.counts.ended = self._wall()
            table.save_counts(self._out.changed)
            table.enter(CheckPhase.DONE, self._out.changed)
            self._out.notices.append(notices.checked(self._number, table.counts))

    def _take_joined(self, table: CheckTable, joined: Joined) -> None:
        table.counts.equal += joined.equal
        table.counts.unexamined += joined.beyond
        table.counts.suspects += len(joined.suspects)
        for suspect in _located(table, joined.suspects):
            self._suspects.add(suspect, self._out.changed)
        table.progress.passed = table.join.passed
        table.save_counts(self._out.changed)
        if table.join.done:
            table.enter(CheckPhase.CLEARING, self._out.changed)
        else:
            table.save_progress(self._out.changed)

    def _room(self, table: CheckTable) -> int:
        return max(0, self._policy.most - table.counts.suspects)

    def _send(self) -> bool:
        taken = self._suspects.take(self._clock(), LOT)
        if not taken:
            return False
        if taken[0].key:
            self._look(taken)
        else:
            self._find(taken)
        return True

    def _find(self, taken: List[Suspect]) -> None:
        """Find the keys of suspects, with one task for each run."""
        table = self.tables[taken[0].table]
        by_run: Dict[FingerprintRun, List[Suspect]] = {}
        for suspect in taken:
            by_run.setdefault(suspect.runs[0], []).append(suspect)
        for run, sought in by_run.items():
            wanted = {suspect.digest for suspect in sought}
            self._tasks.send(
                lambda run=run, wanted=wanted: self._access.find(  # type: ignore[misc]
                    table.name, table.progress.schema, run, wanted
                ),
                lambda answer, sought=sought: self._found(table, sought, answer),  # type: ignore[misc]
            )

    def _found(self, table: CheckTable, sought: List[Suspect], answer: FoundKeys) -> None:
        table.counts.source_units += answer.units.source
        table.counts.target_units += answer.units.target
        for suspect in sought:
            suspect.key, suspect.runs = answer.keys.get(suspect.digest, b""), suspect.runs[1:]
            if suspect.key or suspect.runs:
                self._later(suspect, 0.0)
            else:
                # Every side that had the item has deleted it, so the sides are equal.
                table.counts.gone += 1
                self._suspects.close(suspect, self._out.changed)
        table.save_counts(self._out.changed)

    def _look(self, taken: List[Suspect]) -> None:
        table = self.tables[taken[0].table]
        keys = [suspect.key for suspect in taken]
        self._tasks.send(
            lambda: self._access.look(table.name, table.progress.schema, keys),
            lambda seen: self._seen(table, taken, seen),
        )

    def _seen(self, table: CheckTable, taken: List[Suspect], seen: ObservedItems) -> None:
        table.counts.source_units += seen.units.source
        table.counts.target_units += seen.units.target
        sources, targets = seen.source, seen.target
        to_repair = []
        for suspect in taken:
            finding = Finding(
                suspect.key,
                sources.get(suspect.digest),
                targets.get(suspect.digest),
                seen.refused.get(suspect.key, ""),
            )
            comparison = Comparison(
                finding.target_digest, seen.target_at, finding.source_digest, seen.source_at
            )
            known = suspect.watch.looks
            suspect.watch, decision = decide(suspect.watch, comparison, self._policy.rules)
            suspect.first_seen = suspect.first_seen or self._wall()
            repair = self._repairable(suspect, finding, seen.deletable)
            if self._decided(table, suspect, finding, decision, repair, first=not known):
                to_repair.append((suspect, finding))
        table.save_counts(self._out.changed)
        if to_repair:
            self._repair(table, to_repair)

    def _decided(
        self,
        table: CheckTable,
        suspect: Suspect,
        finding: Finding,
        decision: SuspectDecision,
        repair: bool,
        first: bool,
    ) -> bool:
        """Apply a decision. Returns True if the key is to be repaired now. `repair`: whether a difference is
        to be repaired."""
        if decision is SuspectDecision.WATCH:
            pause = suspect.watch.pause(self._policy.rules, self._random.random())
            self._later(suspect, self._clock() + pause)
        elif decision in (SuspectDecision.SETTLED, SuspectDecision.FOLLOWING):
            self._settled(table, suspect, finding, decision, first)
        elif decision is SuspectDecision.DIFFERS and repair:
            return True
        else:
            self._confirm(table, suspect, finding, decision is SuspectDecision.CHANGING)
        return False

    def _settled(
        self, table: CheckTable, suspect: Suspect, finding: Finding, decision: SuspectDecision, first: bool
    ) -> None:
        counts = table.counts
        if suspect.repairs:
            counts.repaired += 1
            counts.deleted += finding.source is None
            suspect.line = repaired(suspect.draft)
            self._out.notices.append(notices.difference(suspect.line))
        elif suspect.chosen and first:
            counts.equal += 1
        elif finding.source is None and finding.target is None:
            counts.gone += 1
        else:
            counts.settled += 1
            counts.lag = max(counts.lag or 0.0, suspect.watch.late)
            if decision is SuspectDecision.FOLLOWING:
                counts.following += 1
                suspect.follows = True
                self._out.notices.append(notices.follows(table.name, suspect.key))
        self._suspects.close(suspect, self._out.changed)

    def _confirm(self, table: CheckTable, suspect: Suspect, finding: Finding, changing: bool) -> None:
        counts = table.counts
        counts.missing += finding.kind is DifferenceKind.MISSING
        counts.extra += finding.kind is DifferenceKind.EXTRA
        counts.different += finding.kind is DifferenceKind.DIFFERENT
        counts.changing += changing
        counts.kept += finding.source is None and self._policy.repair
        suspect.line = finding.line(table.name, suspect.first_seen, self._wall(), changing)
        self._suspects.close(suspect, self._out.changed)
        self._out.notices.append(notices.difference(suspect.line))

    def _repairable(self, suspect: Suspect, finding: Finding, deletable: bool) -> bool:
        delete = self._policy.delete_extra and deletable
        wanted = self._policy.repair and (finding.source is not None or delete)
        return wanted and suspect.repairs < REPAIRS

    def _repair(self, table: CheckTable, wrong: List[Tuple[Suspect, Finding]]) -> None:
        """Write the source's values from the last read to the target. Afterwards the keys are watched again:
        if the source has changed in the meantime, replication or another repair corrects the target."""
        writes = []
        for suspect, finding in wrong:
            now = self._wall()
            suspect.draft = suspect.draft or finding.line(table.name, suspect.first_seen, now, changing=False)
            delete = finding.source is None
            body = suspect.key if finding.source is None else finding.source
            writes.append(Write(table.name, body, delete, "check --repair"))
        self._tasks.send(
            lambda: self._access.write(writes),
            lambda report: self._repaired(table, [suspect for suspect, _ in wrong], report),
        )

    def _repaired(self, table: CheckTable, written: List[Suspect], report: WriteReport) -> None:
        table.counts.refused += report.dead if all(suspect.repairs == 0 for suspect in written) else 0
        table.save_counts(self._out.changed)
        for suspect in written:
            suspect.repairs += 1
            suspect.watch = SuspectHistory()
            self._later(suspect, 0.0)

    def _later(self, suspect: Suspect, at: float) -> None:
        self._suspects.keep(suspect, self._out.changed)
        self._suspects.again(suspect, at)

    def _recall(self) -> None:
        """Report everything again, because the collector may be a new one."""
        self._out.notices.extend(notices.difference(suspect.line) for suspect in self._suspects.confirmed())
        self._out.notices.extend(notices.follows(each.table, each.key) for each in self._suspects.following())
        self._out.notices.extend(
            notices.checked(self._number, table.counts)
            for table in self.tables.values()
            if table.progress.phase is CheckPhase.DONE
        )

    def _table(self, name: str) -> CheckTable:
        table = self.tables.get(name)
        if table is None:
            table = CheckTable(name, self._bulk, self._wall(), CheckProgress(), CheckCounts(name))
            self.tables[name] = table
        return table

    def _restore(self, saved: Entries) -> None:
        progress: Dict[str, CheckProgress] = {}
        counts: Dict[str, CheckCounts] = {}
        for name, value in saved:
            if name.startswith(PROGRESS):
                progress[name[len(PROGRESS) :]] = _progress(value)
            elif name.startswith(COUNTS):
                counts[name[len(COUNTS) :]] = _counts(value)
            elif name.startswith(ENTRY):
                self._suspects.restore(value)
        for name in {*progress, *counts}:
            self.tables[name] = CheckTable(
                name,
                self._bulk,
                self._wall(),
                progress.get(name, CheckProgress()),
                counts.get(name, CheckCounts(name)),
            )


def _located(table: CheckTable, unmatched: Sequence[Unmatched]) -> Iterable[Suspect]:
    """The suspects, each with the runs in which it can be read again. The target's run is first, because its
    reads cost nothing."""
    target_runs = table.target.runs(record.target for record in unmatched if record.target is not None)
    source_runs = table.source.runs(record.source for record in unmatched if record.source is not None)
    for record in unmatched:
        runs = [target_runs[record.target]] if record.target is not None else []
        runs += [source_runs[record.source]] if record.source is not None else []
        yield Suspect(table.name, record.digest, runs)
