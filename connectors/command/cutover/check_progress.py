"""Progress lines while a check runs that the cut-over has started."""

from __future__ import annotations

from contextlib import suppress
from typing import Callable, Optional

from connectors.base.errors import PolarshakeError
from connectors.base.heartbeat import heartbeat
from connectors.base.text import duration, plural
from connectors.command.cutover.ports import FlinkCluster
from connectors.command.progress.rates import ProgressRates
from connectors.command.progress.snapshot import JobProgress, Stage
from connectors.command.progress.states import ENDED
from connectors.model.jobs import CHECK


class RunningCheck:
    """Finds the running check on the cluster, and describes it."""

    def __init__(self, flink: FlinkCluster, clock: Callable[[], float]) -> None:
        self._flink, self._clock, self._rates = flink, clock, ProgressRates()

    def line(self) -> Optional[str]:
        """None while no check is known. Raises PolarshakeError."""
        checks = [job for job in self._flink.jobs() if job.name == CHECK and job.state not in ENDED]
        if not checks:
            return None
        job = self._flink.progress(max(checks, key=lambda check: check.started).id)
        self._rates.take(job, self._clock())
        return described(job, self._rates)


def described(job: JobProgress, rates: ProgressRates) -> str:
    """`the check: 43 %, 1,430 items/s, 2 min 05 s left; 3 keys differ so far`."""
    tables = list(job.tables.values())
    if not tables:
        return "the check: its workers are starting"
    read, wanted = sum(table.read_items for table in tables), sum(table.items_to_read for table in tables)
    speed = sum(rates.items_per_second(table.table) for table in tables if table.stage is Stage.SCANNING)
    share = sum(table.share for table in tables) / len(tables) if not wanted else min(0.99, read / wanted)
    parts = [f"the check: {share:.0%}"]
    if any(table.stage is Stage.SCANNING for table in tables):
        parts.append(f"{speed:,.0f} items/s")
        parts += [f"{duration((wanted - read) / speed)} left"] if speed > 0 and wanted > read else []
    else:
        parts.append("both sides are read, differing keys are compared again")
    open_keys = sum(table.suspects - table.settled for table in tables)
    differ = f"; {plural(open_keys, 'key')} differ so far" if open_keys > 0 else ""
    return ", ".join(parts) + differ


def reported(
    work: Callable[[], None],
    flink: FlinkCluster,
    tell: Callable[[str], None],
    clock: Callable[[], float],
    every: float,
) -> None:
    """Run `work`, which waits for a check, and tell its progress every few seconds."""
    progress = RunningCheck(flink, clock)

    def beat(seconds: float) -> None:
        line = None
        with suppress(PolarshakeError):  # a busy cluster: the next line may come through
            line = progress.line()
        tell(line or f"the check is being submitted, {duration(seconds)} so far")

    with heartbeat(beat, every):
        work()
