"""A cut-over with fakes, and a clock that advances with each sleep."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, List, Optional, Sequence

from connectors.base.errors import TransientError
from connectors.command.cutover.journal import Journal, JournalEntry, JournalFile
from connectors.command.cutover.ports import ForeignWriters, TableControl
from connectors.command.cutover.procedure import Context, Options, ProcedureStep, run
from connectors.command.cutover.share import SelectedTables, forward_progress, known_share
from connectors.command.cutover.steps import CUTOVER, CUTOVER_OF_GROUP, ROLLBACK
from connectors.config.choices import Direction
from connectors.config.filters import TableFilter
from connectors.model.events import JobEvent
from connectors.model.jobs import FORWARD, REVERSE
from tests.fakes.cutover import (
    DYNAMODB,
    LIVE,
    POLARDB,
    FakeReports,
    FakeRunner,
    FakeSlots,
    FakeStreams,
    slot,
)
from tests.fakes.flink import FakeFlink, FakeJob

T0 = 1_700_000_000.0


class Bench:
    """A forward job that has caught up, without writes; for a rollback, a reverse job that has caught up."""

    def __init__(self, folder: Path, kind: str = "cutover", slots: bool = True, **options: Any) -> None:
        self.kind, self.folder = kind, folder
        self.now = T0
        self.said: List[str] = []
        self.events: List[JobEvent] = []
        forward = kind == "cutover"
        self.job = FakeJob("f1" if forward else "r1", FORWARD if forward else REVERSE)
        self.job.tables = {"orders": dict(LIVE)}
        self.flink = FakeFlink(self.job)
        self.streams = FakeStreams(lambda: self.now)
        given = [] if forward else [slot(pid=7)]
        self.slots: Optional[FakeSlots] = FakeSlots(*given) if slots else None
        self.reports = FakeReports()
        self.runner = FakeRunner(self.reports, self.flink, self.slots, lambda: self.now)
        self.tell_every = 15.0
        self.group: Sequence[str] = ()
        self.control: Optional[TableControl] = None
        self.foreign: Optional[ForeignWriters] = None
        self.after_sleep: Callable[[], None] = lambda: None
        self.options = Options(**{"quiet_seconds": 30.0, "patience_seconds": 120.0, **options})

    def context(self, **changed: Any) -> Context:
        """The context of a new run of the command. `changed`: options of this run only."""
        forward, options = self.kind == "cutover", self.options._replace(**changed)
        file = JournalFile(self.folder, self.kind, options.dry_run)
        source, target = (DYNAMODB, POLARDB) if forward else (POLARDB, DYNAMODB)
        fresh = Journal(kind=self.kind, begun="now", source=source, target=target, flink=self.flink.address)
        return Context(
            record=self.known(file.load() or fresh),
            file=file,
            options=options,
            flink=SelectedTables(self.flink, self.group) if self.group else self.flink,
            whole=self.flink,
            foreign=self.foreign,
            control=self.control,
            streams=self.streams,
            slots=self.slots,
            reports=self.reports,
            runner=self.runner,
            job_name=self.job.name,
            direction=Direction.FORWARD if forward else Direction.REVERSE,
            switch_to="the other side",
            say=self.said.append,
            clock=lambda: self.now,
            sleep=self.sleep,
            tell_every=self.tell_every,
            tell_event=self.events.append,
        )

    def known(self, record: Journal) -> Journal:
        record.group = list(self.group)
        with suppress(TransientError):
            known_share(record, TableFilter(), lambda: forward_progress(self.flink, None))
        return record

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.after_sleep()

    def run(self, last: str = "switch") -> int:
        """The exit code of a run up to this step."""
        return run(self.context(), self.steps(last))

    def steps(self, last: str) -> Sequence[ProcedureStep]:
        forward = CUTOVER_OF_GROUP if self.group else CUTOVER
        every = forward if self.kind == "cutover" else ROLLBACK
        names = [step.name for step in every]
        return every[: names.index(last) + 1]

    @property
    def record(self) -> Journal:
        found = JournalFile(self.folder, self.kind).load()
        assert found
        return found

    @property
    def last(self) -> JournalEntry:
        """The entry of the last step."""
        return self.record.log[-1]

    @property
    def page(self) -> str:
        return (self.folder / f"{self.kind}.md").read_text()
