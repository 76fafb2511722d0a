"""The result of a comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List, Tuple

EXAMPLES = 5
"""Maximum examples of each kind and table that are shown."""
KINDS = ("missing", "extra", "different", "twice")


@dataclass
class TableVerdict:
    """Counts of keys. `missing`: only on the expected side; `extra`: only on the other side; `twice`: more
    than once on one side. `problem`: why the tables cannot be compared at all."""

    table: str
    expected: int = 0
    found: int = 0
    missing: int = 0
    extra: int = 0
    different: int = 0
    twice: int = 0
    problem: str = ""
    examples: List[Tuple[str, bytes, str]] = field(default_factory=list)
    """(kind, key as DynamoDB JSON, detail) of each."""

    @property
    def equal(self) -> bool:
        return not (self.problem or self.missing or self.extra or self.different or self.twice)

    def note(self, kind: str, key: bytes, detail: str = "") -> None:
        count = getattr(self, kind) + 1
        setattr(self, kind, count)
        if count <= EXAMPLES:
            self.examples.append((kind, key, detail))

    def lines(self) -> List[str]:
        if self.problem:
            return [f"{self.table}: {self.problem}"]
        counts = ", ".join(f"{getattr(self, kind)} {kind}" for kind in KINDS if getattr(self, kind))
        head = f"{self.table}: {self.expected} items expected, {self.found} found: {counts or 'equal'}"
        return [head] + [
            f"  {kind} {key.decode()}" + (f": {detail}" if detail else "")
            for kind, key, detail in self.examples
        ]


@dataclass
class Verdict:
    tables: List[TableVerdict] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether the sides are equal. False if there was nothing to compare, because that proves nothing."""
        return bool(self.tables) and all(table.equal for table in self.tables)

    def __str__(self) -> str:
        lines = [line for table in self.tables for line in table.lines()]
        return "\n".join([*lines, "EQUAL" if self.equal else "NOT EQUAL"])
