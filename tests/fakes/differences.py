"""Builders of differences and results, and names that could break a page."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, Sequence

import msgspec

from connectors.base.text import timestamp
from connectors.check.report.difference import ABSENT, AttributePair, Difference, DifferenceKind
from connectors.check.report.summary import (
    CheckMode,
    CheckRun,
    ReportSide,
    Scope,
    Summary,
    TableResult,
    summarise,
)
from connectors.config.choices import Direction

HOSTILE = [
    "</script><script>document.title='broken'</script>",
    "<img src=x onerror=\"document.title='broken'\">",
    "\"'><svg/onload=document.title='broken'>",
    "nul\x00 bell\x07 line\nfeed",
    "\u202egnp.exe\u202c",
    "{{ 7*7 }}{% raw %}",
    "--> <!-- ]]> &amp; &lt;",
    "\ud83d\ude00 \u0627\u0644\u0639\u0631\u0628\u064a\u0629 e\u0301".encode(
        "utf-16", "surrogatepass"
    ).decode("utf-16"),
]


def raw(body: Any) -> msgspec.Raw:
    return ABSENT if body is None else msgspec.Raw(json.dumps(body).encode())


def difference(
    kind: DifferenceKind,
    table: str = "orders",
    key: Any = None,
    item: Any = None,
    attributes: Optional[Dict[str, Sequence[Any]]] = None,
    **more: Any,
) -> Difference:
    """A difference. `attributes`: (source, target) by name; `item`: the whole item of the side that has
    it."""
    return Difference(
        table=table,
        key=raw(key or {"pid": {"S": "a"}}),
        kind=kind,
        attributes={name: AttributePair(*map(raw, pair)) for name, pair in (attributes or {}).items()},
        source=raw(item) if kind is DifferenceKind.MISSING else ABSENT,
        target=raw(item) if kind is DifferenceKind.EXTRA else ABSENT,
        **{"first_seen": timestamp(0), "last_seen": timestamp(60), "changing": False, **more},
    )


def equal(table: str = "orders", items: int = 1000, **more: Any) -> TableResult:
    counts = {"source_items": items, "target_items": items, "compared": items, "equal": items}
    return TableResult(table=table, **{**counts, "lag_seconds": 0.4, "source_units": 62.5, **more})


def damaged(table: str = "orders", missing: int = 0, extra: int = 0, different: int = 0) -> TableResult:
    """The result of a table with 1,000 equal items and these differences."""
    return TableResult(
        table=table,
        source_items=1000 + missing + different,
        target_items=1000 + extra + different,
        compared=1000 + missing + extra + different,
        equal=1000,
        missing=missing,
        extra=extra,
        different=different,
    )


def summary(*tables: TableResult, scope: Scope = Scope.ALL, **more: Any) -> Summary:
    run: Dict[str, Any] = {
        "started": 1795373286.0,
        "ended": 1795373998.4,
        "direction": Direction.FORWARD,
        "mode": CheckMode(scope),
        "source": ReportSide("Amazon DynamoDB", "cn-north-1"),
        "target": ReportSide("PolarDB", "http://pc-1.pg.polardb.rds.aliyuncs.com:5432"),
    }
    return summarise(CheckRun(**{**run, **more}), tables)
