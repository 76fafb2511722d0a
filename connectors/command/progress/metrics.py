"""Numbers by table, from Flink's metrics of a job's subtasks. Pure.

Ids of metrics are `<operator>.table.<table>.<name>`, `<operator>.slot.<slot>.<name>`, or `<operator>.<name>`
for the whole job. Flink replaces each dot, blank, colon and comma within a part with an underscore: table
`a.b` becomes `a_b`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, DefaultDict, Dict, Iterable, Iterator, List, NamedTuple, Sequence

MOST = (
    *("phase", "step", "generation", "segments", "expectedItems", "expectedTargetItems", "lagSeconds"),
    *("suspended", "suspendedReason", "suspendedIncomplete", "released"),
    *("handedOver", "handedOverAt"),
    *("scanRate", "writeRate"),
)
"""Gauges whose value is the largest of all subtasks. The value of all other metrics is the sum."""
LEAST = ("measuredAt",)
"""Gauges whose value is the smallest of all subtasks: the oldest measurement limits the age of all."""
OF_TABLES = (
    *(*MOST, *LEAST),
    *("scannedItems", "scannedTargetItems", "segmentsDone", "deadLetters"),
    *("suspects", "settled", "confirmed", "lanesLeft"),
    *("streamed", "written", "read"),
    *("shardsFound", "shardsPassedOver", "shardsWaiting", "shardsReading", "shardsDone"),
)
OF_SLOTS = (
    *("slotLagBytes", "slotLagSeconds", "retainedWalBytes", "retainedWalHigh", "slotActive"),
    *("durableLsn", "measuredAt"),
)
"""Metrics of replication slots. One subtask reports each slot."""
OF_JOB = (*("retries", "throttles"), *("commandsFollowed", "commandsRefused", "scanRate", "writeRate"))

LONGEST = 3000
"""Maximum characters of ids in one request. Flink's server accepts request lines of up to 4096 bytes."""

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
    """The ids that this module understands, from a list of a vertex's metrics."""
    ids = (metric["id"] for metric in listed)
    return sorted(name for name in ids if any(known(name) for known in (_of_table, _of_slot, _of_job)))


def requests(ids: Sequence[str]) -> Iterator[List[str]]:
    """The ids in groups, each of which fits into one request."""
    lot: List[str] = []
    for metric_id in ids:
        if lot and sum(map(len, lot)) + len(lot) + len(metric_id) > LONGEST:
            yield lot
            lot = []
        lot.append(metric_id)
    if lot:
        yield lot


def parse(metrics: Iterable[Dict[str, Any]]) -> JobMetrics:
    """The numbers of a job. Each of `metrics` is `{"id", "sum", "max", "min"}`."""
    tables: DefaultDict[str, Dict[str, int]] = defaultdict(dict)
    slots: DefaultDict[str, Dict[str, int]] = defaultdict(dict)
    job: Dict[str, int] = {}
    for metric in metrics:
        of_table = _of_table(metric["id"])
        if of_table:
            table, name = of_table.groups()
            tables[table][name] = int(metric[_aggregate(name)])
        elif _of_slot(metric["id"]):
            slot, name = _of_slot(metric["id"]).groups()
            slots[slot][name] = int(metric["max"])
        elif _of_job(metric["id"]):
            job[metric["id"].rsplit(".", 1)[1]] = int(metric["sum"])
    return JobMetrics(dict(tables), job, dict(slots))


def _aggregate(name: str) -> str:
    return "max" if name in MOST else "min" if name in LEAST else "sum"


def _of_table(name: str) -> Any:
    match = _TABLE.fullmatch(name)
    return match if match and match.group(2) in OF_TABLES else None


def _of_slot(name: str) -> Any:
    match = _SLOT.fullmatch(name)
    return match if match and match.group(2) in OF_SLOTS else None


def _of_job(name: str) -> Any:
    match = _JOB.fullmatch(name)
    return match if match and match.group(1) in OF_JOB else None
