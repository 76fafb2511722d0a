"""The parts of DescribeTable's response that copying and comparing need."""

from __future__ import annotations

from typing import Any, List, Optional

import msgspec

from connectors.dynamodb.answers import DamagedError
from connectors.model import keys

WRITABLE = frozenset({"", "ACTIVE", "UPDATING"})
"""PolarDB may leave the status empty; a table that is being updated serves reads and writes."""
PASSING = frozenset({"CREATING", "DELETING"})


class KeyElement(msgspec.Struct, frozen=True):
    AttributeName: str
    KeyType: str


class AttributeDefinition(msgspec.Struct, frozen=True):
    AttributeName: str
    AttributeType: str


class Projection(msgspec.Struct, frozen=True):
    ProjectionType: str = "ALL"
    NonKeyAttributes: List[str] = []


class Throughput(msgspec.Struct, frozen=True):
    """0 if the service omits it, or the table is billed per request."""

    ReadCapacityUnits: int = 0
    WriteCapacityUnits: int = 0


class SecondaryIndex(msgspec.Struct, frozen=True):
    IndexName: str
    KeySchema: List[KeyElement]
    Projection: Projection = Projection()
    ProvisionedThroughput: Throughput = Throughput()


class BillingModeSummary(msgspec.Struct, frozen=True):
    BillingMode: str = ""


class StreamSpecification(msgspec.Struct, frozen=True):
    StreamEnabled: bool = False
    StreamViewType: str = ""


class TableDescription(msgspec.Struct, frozen=True):
    """Members that the service omits have the defaults below: PolarDB omits billing and throughput."""

    TableName: str
    KeySchema: List[KeyElement]
    AttributeDefinitions: List[AttributeDefinition]
    TableStatus: str = ""
    TableId: str = ""
    GlobalSecondaryIndexes: List[SecondaryIndex] = []
    LocalSecondaryIndexes: List[SecondaryIndex] = []
    BillingModeSummary: BillingModeSummary = BillingModeSummary()
    ProvisionedThroughput: Throughput = Throughput()
    StreamSpecification: StreamSpecification = StreamSpecification()
    LatestStreamArn: str = ""
    """Still present after the stream has been disabled."""
    ItemCount: int = 0
    """About six hours old, as is TableSizeBytes: an estimate, never a proof."""
    TableSizeBytes: int = 0

    @property
    def key_schema(self) -> keys.KeySchema:
        return keys.schema_of(msgspec.to_builtins(self))

    @property
    def indexes(self) -> List[SecondaryIndex]:
        return [*self.GlobalSecondaryIndexes, *self.LocalSecondaryIndexes]

    @property
    def writable(self) -> bool:
        return self.TableStatus in WRITABLE

    @property
    def passing(self) -> bool:
        return self.TableStatus in PASSING

    def same_table(self, other: TableDescription) -> bool:
        """Whether both describe the same table; False if the service returns no ids."""
        return bool(self.TableId) and self.TableId == other.TableId


_known = msgspec.json.Decoder(TableDescription)
"""Never used. msgspec resolves a type at its first use, and two threads that do so at the same time crash the
process (0.18 to 0.20: a null pointer). So each type is first used at import, by one thread."""


def description_of(fields: Any) -> TableDescription:
    """Decode `Table` of a DescribeTable response. Raises DamagedError if it is malformed."""
    try:
        table = msgspec.convert(without_nulls(fields), TableDescription)
        types = {attribute.type for attribute in table.key_schema.attributes}
    except (msgspec.ValidationError, KeyError) as error:
        raise DamagedError(f"the endpoint's description of a table cannot be understood: {error}") from None
    if not types <= set(keys.KEY_TYPES):
        raise DamagedError(f"table {table.TableName}: a key attribute has none of the types {keys.KEY_TYPES}")
    return table


def without_nulls(value: Any) -> Any:
    """Remove null members: servers differ in whether a member without value is absent or null."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def attribute_type(description: TableDescription, name: str) -> Optional[str]:
    types = {known.AttributeName: known.AttributeType for known in description.AttributeDefinitions}
    return types.get(name)
