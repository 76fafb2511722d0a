"""Letters and check results for these tests."""

from __future__ import annotations

from typing import Iterable, List, Optional, Tuple

import msgspec

from connectors.check.report.difference import Difference, DifferenceKind
from connectors.check.report.summary import CheckMode, CheckRun, ReportSide, Scope, TableResult, summarise
from connectors.command.letters.ports import Checked, KeyCheck, KeySchemas
from connectors.config.choices import Direction
from connectors.model.dead_letters import DeadLetter, line_of
from connectors.model.keys import KeyAttribute, KeySchema
from connectors.model.stored_letters import StoredLetter, stored_letters
from connectors.model.writes import Write

SCHEMA = KeySchema(KeyAttribute("id", "N"))


def line(
    body: bytes = b'{"id":{"N":"1"},"v":{"S":"a"}}',
    time: float = 100.0,
    table: str = "orders",
    delete: bool = False,
    reason: str = "too large",
) -> bytes:
    return line_of(DeadLetter(Write(table, body, delete, "segment 1 of 1"), reason), time)


def letter(*words: object, **named: object) -> StoredLetter:
    [stored] = stored_letters([line(*words, **named)])  # type: ignore[arg-type]
    return stored


class FakeSchemas(KeySchemas):
    def __init__(self, *tables: str) -> None:
        self._tables = tables

    def schema(self, table: str) -> Optional[KeySchema]:
        return SCHEMA if table in self._tables else None


class FakeKeyCheck(KeyCheck):
    """Finds these differences, whatever it is asked for."""

    def __init__(self, *differences: Difference, problem: str = "") -> None:
        self._differences, self._problem = differences, problem
        self.asked: List[Tuple[str, bytes]] = []

    def repair(self, keys: Iterable[Tuple[str, bytes]]) -> Checked:
        self.asked = list(keys)
        side = ReportSide("DynamoDB", "eu-central-1")
        mode = CheckMode(Scope.KEYS, file="keys.jsonl")
        problems = [self._problem] if self._problem else []
        run = CheckRun(
            started=0,
            ended=1,
            direction=Direction.FORWARD,
            mode=mode,
            source=side,
            target=side,
            problems=problems,
        )
        kinds = [difference.kind for difference in self._differences]
        result = TableResult(table="orders", compared=1 + len(kinds), equal=1, missing=len(kinds))
        return Checked(summarise(run, [result]), iter(self._differences), "/reports/letters")


def difference(key: bytes, repaired: bool = False, reason: str = "", table: str = "orders") -> Difference:
    return Difference(
        table=table,
        key=msgspec.Raw(key),
        kind=DifferenceKind.MISSING,
        first_seen="2026-11-22T18:48:06Z",
        last_seen="2026-11-22T18:48:06Z",
        changing=False,
        reason=reason,
        repaired=repaired,
    )
