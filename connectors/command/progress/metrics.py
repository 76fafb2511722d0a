"""Flink's metrics of a job's subtasks -> numbers by table. Pure.

Ids are `<operator>.table.<table>.<name>`, `<operator>.slot.<slot>.<name>`, or `<operator>.<name>` for those
of the whole job. Flink writes each dot, blank, colon and comma within a part as an underscore: table
`a.b` shows as `a_b`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, DefaultDict, Dict, Iterable, Iterator, List, NamedTuple, Sequence

MOST = ("phase", "step", "generation", "segments", "expectedItems", "expectedTargetItems", "lagSeconds")
"""Gauges of which the largest of all subtasks counts; of all others it is the sum."""
LEAST = ("measuredAt",)
"""Gauges of which the smallest counts: the oldest of several measurements says how fresh all are."""
OF_TABLES = (
    *(*MOST, *LEAST),
    *("scannedItems", "scannedTargetItems", "segmentsDone", "deadLetters"),
    *("suspects", "settled", "confirmed", "lanesLeft"),
    *("streamed", "written", "read", "bytesRead", "bytesWritten"),
    *("shardsFound", "shardsPassedOver", "shardsWaiting", "shardsReading", "shardsDone"),
)
OF_SLOTS = (
    *("slotLagBytes", "slotLagSeconds", "retainedWalBytes", "retainedWalHigh", "slotActive"),
    *("durableLsn", "measuredAt"),
)
"""Of replication slots. One subtask shows each."""
OF_JOB = ("retries", "throttles")

LONGEST = 3000
"""Characters of ids in one request: Flink's server takes lines of up to 4096 bytes."""

_TABLE = re.compile(r"[^.]*\.table\.([^.]+)\.(\w+)")
_SLOT = re.compile(r"[^.]*\.slot\.([^.]+)\.(\w+)")
_JOB = re.compile(r"[^.]*\.(\w+)")


class JobMetrics(NamedTuple):
    tables: Dict[str, Dict[str, int]]
    """By table and name."""
    job: Dict[str, int]
    slots: Dict[str, Dict[str, int]] = {}
    """By replication slot and name."""


def wanted(listed: Iterable[Dict[str, Any]]) -> List[str]:
    """The ids, out of a listing of a vertex's metrics, that this module understands."""
    return sorted(
        one["id"] for one in listed if any(known(one["id"]) for known in (_of_table, _of_slot, _of_job))
    )


def requests(ids: Sequence[str]) -> Iterator[List[str]]:
    """Cut into lots that fit a request."""
    lot: List[str] = []
    for one in ids:
        if lot and sum(map(len, lot)) + len(lot) + len(one) > LONGEST:
            yield lot
            lot = []
        lot.append(one)
    if lot:
        yield lot


def parse(found: Iterable[Dict[str, Any]]) -> JobMetrics:
    """`found`: `{"id", "sum", "max", "min"}` of each metric."""
    tables: DefaultDict[str, Dict[str, int]] = defaultdict(dict)
    slots: DefaultDict[str, Dict[str, int]] = defaultdict(dict)
    job: Dict[str, int] = {}
    for one in found:
        of_table = _of_table(one["id"])
        if of_table:
            table, name = of_table.groups()
            tables[table][name] = int(one[_aggregate(name)])
        elif _of_slot(one["id"]):
            slot, name = _of_slot(one["id"]).groups()
            slots[slot][name] = int(one["max"])
        elif _of_job(one["id"]):
            job[one["id"].rsplit(".", 1)[1]] = int(one["sum"])
    return JobMetrics(dict(tables), job, dict(slots))


def _aggregate(name: str) -> str:
    return "max" if name in MOST else "min" if name in LEAST else "sum"


def _of_table(name: str) -> Any:
    found = _TABLE.fullmatch(name)
    return found if found and found.group(2) in OF_TABLES else None


def _of_slot(name: str) -> Any:
    found = _SLOT.fullmatch(name)
    return found if found and found.group(2) in OF_SLOTS else None


def _of_job(name: str) -> Any:
    found = _JOB.fullmatch(name)
    return found if found and found.group(1) in OF_JOB else None
