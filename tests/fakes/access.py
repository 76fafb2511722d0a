"""Both sides of a check in memory: implements `check.access.Access`, and returns the pages of a scan."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Optional, Sequence, Set

from connectors.check.access import FoundKeys, ObservedItems, Units
from connectors.check.chunks import FingerprintRun
from connectors.check.fingerprints import FingerprintSource
from connectors.dynamodb.scan.request import read_page
from connectors.model.keys import KeyReader, Schema, key_schema
from connectors.model.orders import SegmentOrder
from connectors.model.records import Part, SegmentDone
from connectors.model.writes import Write, WriteReport
from connectors.targets.dynamodb_api.check_side import ItemForm

SCHEMA: Schema = [("id", "N")]
Items = Dict[int, Dict[str, Any]]
"""Items by their key, a number."""


def item(number: int, **more: Any) -> Dict[str, Any]:
    return {"id": {"N": str(number)}, **more}


def body(value: Dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


class TwoSides:
    def __init__(self, source: Items, target: Items, clock: Callable[[], float], table: str = "t") -> None:
        self.source, self.target, self.table, self._clock = source, target, table, clock
        self.keys = KeyReader(table, key_schema(SCHEMA))
        self.before_look: Callable[[], None] = lambda: None
        self.refuses: Set[int] = set()
        """Keys that the target does not take."""
        self.unanswered: Dict[int, str] = {}
        """Keys for which the target cannot answer, to the reason."""
        self.source_has_table = True
        self.found = self.looked = 0

    def pages(self, of_target: bool, size: int = 10) -> List[List[Part]]:
        """The parts for lane 0 of 1, page by page, and the end of the segment."""
        side = self.target if of_target else self.source
        order = SegmentOrder(self.table, 1, SCHEMA, int(of_target), 2, 0, 1, of_target)
        reader = FingerprintSource(order, ItemForm(self.keys))
        numbers, after = sorted(side), b""
        parts: List[List[Part]] = []
        for at in range(0, max(1, len(numbers)), size):
            lot = numbers[at : at + size]
            last = at + size >= len(numbers)
            key = {} if last else {"LastEvaluatedKey": item(lot[-1])}
            page = read_page(json.dumps({"Items": [side[each] for each in lot], **key}).encode(), self.table)
            batch = reader.begin(after, 1)
            batch.add(page)
            after = bytes(page.LastEvaluatedKey)
            parts.append(list(batch.loads(after).values()))
        return [*parts, [SegmentDone(self.table, 1, int(of_target), 2)]]

    def find(self, table: str, schema: Schema, run: FingerprintRun, digests: Set[bytes]) -> FoundKeys:
        self.found += 1
        side = self.target if run.of_target else self.source
        there = {self.keys.digest(body(each)): self.keys.key_json(body(each)) for each in side.values()}
        return FoundKeys({digest: there[digest] for digest in digests if digest in there}, Units(1.0, 0.0))

    def look(self, table: str, schema: Schema, keys: Sequence[bytes]) -> ObservedItems:
        self.looked += 1
        self.before_look()
        now = self._clock()
        refused = {key: self.unanswered.get(int(json.loads(key)["id"]["N"]), "") for key in keys}
        refused = {key: reason for key, reason in refused.items() if reason}
        return ObservedItems(
            self._of(self.source, keys),
            now,
            self._of(self.target, [key for key in keys if key not in refused]),
            now,
            Units(1.0, 0.0),
            refused,
            self.source_has_table,
        )

    def write(self, writes: Sequence[Write]) -> WriteReport:
        dead = 0
        for write in writes:
            value = json.loads(write.body)
            number = int(value["id"]["N"])
            if number in self.refuses:
                dead += 1
            elif write.delete:
                self.target.pop(number, None)
            else:
                self.target[number] = value
        return WriteReport(len(writes) - dead, dead)

    def close(self) -> None:
        pass

    def _of(self, side: Items, keys: Sequence[bytes]) -> Dict[bytes, bytes]:
        items = {}
        for key in keys:
            there: Optional[Dict[str, Any]] = side.get(int(json.loads(key)["id"]["N"]))
            if there is not None:
                items[self.keys.digest(key)] = body(there)
        return items
