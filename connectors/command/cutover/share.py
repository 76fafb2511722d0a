"""The share of the tables that a cut-over moves: a group that `--tables` names, or all that are left.

1. The forward job shows which tables earlier cut-overs have handed over. It goes on for all others.
2. A check compares the share alone: what has been handed over is written at the target now.
3. The reverse job replicates what has been handed over, and the group. It skips every other table, and so
   what the forward job still writes there. The last cut-over stops the forward job; then it replicates all.
4. A rollback takes back everything that has been handed over.

Names of the metrics have an underscore for a dot. A glob that matches both stands for such a name.
"""

from __future__ import annotations

import json
import re
import time
from typing import Callable, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from connectors.base.errors import TerminalError, TransientError
from connectors.command.cutover.journal import Journal
from connectors.command.cutover.ports import FlinkCluster
from connectors.command.progress.flink import FlinkJob
from connectors.command.progress.snapshot import JobProgress
from connectors.command.progress.states import ENDED, RUNNING
from connectors.config.filters import NameMatcher, TableFilter
from connectors.model.jobs import FORWARD
from connectors.model.metric_names import metric_name

SHOWN_SECONDS = 20
"""Twice the default of metrics.fetcher.update-interval, the age of Flink's first answer."""
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


class Share(NamedTuple):
    group: Tuple[str, ...] = ()
    """As the source spells them. Empty: all tables that are left; in a rollback, all that are handed over."""
    earlier: Tuple[str, ...] = ()
    """Handed over before, as the metrics spell them."""
    selection: Tuple[str, ...] = ()
    """Arguments of the checks."""

    @property
    def replicated(self) -> List[str]:
        """Arguments of the reverse job that a cut-over starts."""
        return _white([*map(_either, self.earlier), *self.group]) if self.group else []


def group_of(text: Optional[str], tables: TableFilter) -> Tuple[str, ...]:
    """The names of `--tables`. Raises TerminalError."""
    names = tuple(dict.fromkeys(word.strip() for word in re.split("[;,]", text or "") if word.strip()))
    if text is not None and not names:
        raise TerminalError("--tables names no table")
    wrong = [name for name in names if not _NAME.fullmatch(name)]
    if wrong:
        raise TerminalError(f"--tables takes the names of tables, without globs; {wrong[0]} is none")
    if names and tables.black_table_set:
        raise TerminalError(
            "--tables cannot be combined with filter.blackTableSet. Give a configuration whose "
            "filter.whiteTableSet names the tables of the migration"
        )
    left_out = [name for name in names if not tables.allows(name)]
    if left_out:
        raise TerminalError(f"filter.whiteTableSet leaves out {left_out[0]}, which --tables names")
    return names


def share_of(
    group: Tuple[str, ...], forward: Optional[JobProgress], tables: TableFilter, back: bool
) -> Share:
    """`forward`: the running forward job, if there is one. `back`: for a rollback. Raises TerminalError."""
    own = set(map(metric_name, group))
    earlier = tuple(name for name in (forward.handed_over if forward else ()) if name not in own)
    if group:
        return Share(group, earlier, tuple(_white(group)))
    if not earlier or forward is None:
        return Share()
    if back:
        return Share((), earlier, tuple(_white(map(_either, earlier))))
    left = [name for name, table in forward.tables.items() if not table.resting]
    return Share((), earlier, tuple(_rest(tables, earlier, left)))


def known_share(record: Journal, tables: TableFilter, forward: Callable[[], Optional[JobProgress]]) -> Share:
    """The share of this run, which the journal keeps: once the forward job has let go of the tables, it no
    longer shows what was left. `forward`: asks for its progress. Raises TerminalError or TransientError."""
    if record.stopping or record.stopped:
        return Share(tuple(record.group), tuple(record.earlier), tuple(record.selection))
    share = share_of(tuple(record.group), forward(), tables, record.kind == "rollback")
    if (list(share.earlier), list(share.selection)) != (record.earlier, record.selection):
        record.earlier, record.selection = list(share.earlier), list(share.selection)
        record.quiet, record.check, record.tables = None, "", []
    return share


def shown_progress(
    flink: FlinkCluster, wanted: Optional[str], sleep: Callable[[float], None] = time.sleep
) -> Optional[JobProgress]:
    """As `forward_progress`, once Flink shows the numbers of the enumerator, which include what is handed
    over: its first answer may lack them. Raises TransientError."""
    for _ in range(SHOWN_SECONDS):
        job = forward_progress(flink, wanted)
        if job is None or job.state != RUNNING or _is_shown(job):
            return job
        sleep(1.0)
    raise TransientError(
        "Flink does not show the tables of the forward job; `polarshake status` shows whether it runs"
    )


def _is_shown(job: JobProgress) -> bool:
    return bool(job.tables) and all(table.whole for table in job.tables.values())


def forward_progress(flink: FlinkCluster, wanted: Optional[str]) -> Optional[JobProgress]:
    """The progress of the one running forward job; None if none or several run. Raises TransientError."""
    jobs = [job for job in flink.jobs() if job.name == FORWARD and job.state not in ENDED]
    chosen = [job for job in jobs if job.id.startswith(wanted or "")] or jobs
    return flink.progress(chosen[0].id) if len(chosen) == 1 else None


class SelectedTables(FlinkCluster):
    """A cluster whose jobs show only the tables of a group."""

    def __init__(self, flink: FlinkCluster, group: Iterable[str]) -> None:
        self._flink, self._names = flink, frozenset(map(metric_name, group))

    @property
    def address(self) -> str:
        return self._flink.address

    def jobs(self) -> List[FlinkJob]:
        return self._flink.jobs()

    def progress(self, job_id: str) -> JobProgress:
        job = self._flink.progress(job_id)
        return job._replace(tables={name: job.tables[name] for name in job.tables if name in self._names})

    def failure(self, job_id: str) -> str:
        return self._flink.failure(job_id)

    def state(self, job_id: str) -> str:
        return self._flink.state(job_id)

    def savepoint(self, job_id: str) -> Optional[str]:
        return self._flink.savepoint(job_id)

    def stop_with_savepoint(self, job_id: str, folder: Optional[str] = None) -> str:
        return self._flink.stop_with_savepoint(job_id, folder)


def _rest(tables: TableFilter, earlier: Sequence[str], left: Sequence[str]) -> List[str]:
    """The filter of the settings without what has been handed over."""
    white = tables.white_table_set
    if NameMatcher(white).globs:
        return _white(map(_either, left))
    if white:
        return _white(name for name in white if metric_name(name) not in earlier)
    return _set("blackTableSet", [*tables.black_table_set, *map(_either, earlier)])


def _either(metric: str) -> str:
    return metric.replace("_", "[._]")


def _white(names: Iterable[str]) -> List[str]:
    return _set("whiteTableSet", list(names))


def _set(key: str, names: Sequence[str]) -> List[str]:
    return ["--set", f"filter.{key}={json.dumps(names)}"]
