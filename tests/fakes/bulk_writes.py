"""A MongoDB's bulk writes in memory: upserts by filter, refusals and faults as the test wants them."""

from __future__ import annotations

from collections import deque
from typing import Any, Callable, Deque, Dict, List, Sequence, Tuple, Union

import bson

from connectors.targets.mongodb.bulk import BulkAnswer, BulkChange, Refusal
from connectors.targets.mongodb.faults import UnclearFault


class FakeBulk:
    """`documents` by table and filter. `script`: what the next calls answer, an exception or codes by place;
    refused writes are not applied, and of a call that raises none is."""

    def __init__(self) -> None:
        self.documents: Dict[Tuple[str, str], Dict[str, Any]] = {}
        self.calls: List[Tuple[str, int]] = []
        self.script: Deque[Union[Exception, BulkAnswer]] = deque()
        self.refused: Dict[str, int] = {}
        """Code by the value of attribute `v`: refused whenever it comes."""
        self.refused_deletes = 0
        """Code by which deletes are refused."""
        self.breaks: Callable[[BulkChange], bool] = lambda change: False
        """Changes at which the server closes the connection."""
        self.closed = False

    def write(self, table: str, changes: Sequence[BulkChange]) -> BulkAnswer:
        self.calls.append((table, len(changes)))
        filters = [str(change.filter) for change in changes]
        assert len(set(filters)) == len(filters), "a bulk write holds a key twice"
        answer = self.script.popleft() if self.script else BulkAnswer([])
        if isinstance(answer, Exception):
            raise answer
        if any(map(self.breaks, changes)):
            raise UnclearFault("table t: writing to MongoDB: connection closed", "connection closed")
        refusals = {each.place: each for each in [*answer.refused, *self._refused(changes)]}
        for place, change in enumerate(changes):
            if place not in refusals:
                self._apply(table, change)
        return answer._replace(refused=list(refusals.values()))

    def close(self) -> None:
        self.closed = True

    def _refused(self, changes: Sequence[BulkChange]) -> List[Refusal]:
        refusals = []
        for place, change in enumerate(changes):
            value = bson.decode(change.document).get("v") if change.document else None
            if value in self.refused:
                refusals.append(Refusal(place, self.refused[value], f"refused {self.refused[value]}"))
            elif change.document is None and self.refused_deletes:
                refusals.append(Refusal(place, self.refused_deletes, f"refused {self.refused_deletes}"))
        return refusals

    def _apply(self, table: str, change: BulkChange) -> None:
        if change.document is None:
            self.documents.pop((table, str(change.filter)), None)
        else:
            self.documents[table, str(change.filter)] = bson.decode(change.document)
