"""Does what the advice of an error says, in the order in which it says it."""

from __future__ import annotations

import json
import re
from typing import Any, Callable, List

from connectors.config.settings import Settings
from connectors.reverse.components import ReverseParts
from connectors.reverse.validate import identities, validate
from tests.harness.reverse import ReversePipeline
from tests.integration.reverse.pair import DatabasePair

_STATEMENT = re.compile(r"ALTER [A-Z]+ [^;]*;")
_SKIPPED = re.compile(r"reverse\.relations: \{(\S+): \{skip: true\}\}")
_STEP = re.compile(r"(Start the job without its savepoint)|copy the tables? in full", re.IGNORECASE)


class Advised:
    """Jobs that start without a savepoint, as `flink run` starts them."""

    def __init__(self, pair: DatabasePair, settings: Callable[..., Settings]) -> None:
        self._pair, self._settings = pair, settings
        self.running: List[ReversePipeline] = []

    def start(self, **sets: Any) -> ReversePipeline:
        chosen = self._settings(self._pair, reverse__slotTaken="free", **sets)
        validate(chosen, resumed=False)
        known = identities(chosen, resumed=False)
        self.close()
        self.running.append(ReversePipeline(chosen, lambda each: ReverseParts(each, 0, known)))
        return self.running[-1]

    def follow(self, advice: str, table: str, **sets: Any) -> ReversePipeline:
        """Returns the job, which has caught up."""
        for statement in _STATEMENT.findall(advice):
            self._pair.sql(statement)
        skipped = _SKIPPED.search(advice)
        if skipped:
            sets["reverse__relations"] = json.dumps({skipped[1]: {"skip": True}})
        for step in _STEP.finditer(advice):
            if step[1]:
                running = self.start(**sets)
                end = self._pair.lsn()
                running.run_until(lambda end=end: self._pair.confirmed() >= end)  # type: ignore[misc]
            else:
                copy(self._pair, table)
        return self.running[-1]

    def close(self) -> None:
        for running in self.running:
            running.close()


def copy(pair: DatabasePair, table: str) -> None:
    """Copy a table in full: DynamoDB has what PolarDB has, and nothing else."""
    rows = pair.rows(table)
    for key in set(pair.items(table)) - set(rows):
        pair.dynamodb.ask("DeleteItem", {"TableName": table, "Key": {"id": {"S": key}}})
    for row in rows.values():
        pair.dynamodb.ask("PutItem", {"TableName": table, "Item": row})
