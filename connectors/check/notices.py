"""What lanes and enumerator tell the end of the job, as texts: a word, a blank, JSON."""

from __future__ import annotations

from typing import List, Tuple

import msgspec

from connectors.check.table import CheckCounts
from connectors.engine.enumerator.table_planner import TableState

PLAN, DONE, DIFFERENCE = "plan", "done", "difference"


class Planned(msgspec.Struct):
    """A table as the enumerator knows it once all is ordered."""

    table: str
    parts: int
    schema_differences: List[str]


def plan(tables: List[TableState]) -> str:
    found = [Planned(state.table, state.parts, state.schema_differences) for state in tables]
    return _text(PLAN, msgspec.json.encode(found))


def done(lane: int, counts: CheckCounts) -> str:
    """Of one table in one lane."""
    return _text(DONE, msgspec.json.encode((lane, counts)))


def difference(line: bytes) -> str:
    """`line` as it stands in report.jsonl."""
    return _text(DIFFERENCE, line)


def parse(notice: str) -> Tuple[str, bytes]:
    word, _, body = notice.partition(" ")
    return word, body.encode()


def _text(word: str, body: bytes) -> str:
    return f"{word} {body.decode()}"
