"""What MongoDB refuses: each item is converted as the job would convert it."""

from __future__ import annotations

from typing import Optional

from connectors.dynamodb.tables.description import TableDescription
from connectors.targets.limits import TAKEN, ItemJudgement, ItemLimits, TargetLimits
from connectors.targets.mongodb.convert import Converter, Shape
from connectors.targets.mongodb.index_plan import name_problem
from connectors.targets.mongodb.values import Unconvertible

LONG_NUMBERS = ItemJudgement(
    "",
    "a number has more than the 34 digits that Decimal128 holds, and is stored as text (mongodb.longNumbers)",
)


class DocumentLimits(ItemLimits):
    def __init__(self, source: TableDescription, shape: Shape) -> None:
        self._converter = Converter(source.key_schema, shape)

    def judge(self, body: bytes) -> ItemJudgement:
        try:
            put = self._converter.put(body)
        except Unconvertible as error:
            return ItemJudgement(str(error))
        return LONG_NUMBERS if put.texts else TAKEN


class MongoLimits(TargetLimits):
    def __init__(self, database: str, shape: Shape) -> None:
        self._database, self._shape = database, shape

    def table_problem(self, source: TableDescription) -> Optional[str]:
        return name_problem(source, self._database, self._shape)

    def items(self, source: TableDescription) -> DocumentLimits:
        return DocumentLimits(source, self._shape)
