"""The facts about a table that matter before a migration."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional

import msgspec

from connectors.dynamodb.tables.description import TableDescription, without_nulls


class LeftBehind(NamedTuple):
    """A property of the source table that the target's table will not have."""

    what: str
    """A noun, the same for all tables: "tags"."""
    text: str
    """What it means, and what to do; the same for all tables if possible."""
    detail: str = ""
    """What this table has."""


class NotKnown(NamedTuple):
    """A question that the service did not answer."""

    what: str
    operation: str
    reason: str


class _Replica(msgspec.Struct, frozen=True):
    RegionName: str = ""


class _ClassSummary(msgspec.Struct, frozen=True):
    TableClass: str = ""


class _Encryption(msgspec.Struct, frozen=True):
    Status: str = ""
    SSEType: str = ""


class _Warm(msgspec.Struct, frozen=True):
    ReadUnitsPerSecond: int = 0
    WriteUnitsPerSecond: int = 0


class _OnDemand(msgspec.Struct, frozen=True):
    MaxReadRequestUnits: int = -1
    MaxWriteRequestUnits: int = -1


class TableExtras(msgspec.Struct, frozen=True):
    """The members of DescribeTable that no job needs. Each is absent on some server."""

    TableArn: str = ""
    Replicas: List[_Replica] = []
    TableClassSummary: _ClassSummary = _ClassSummary()
    SSEDescription: _Encryption = _Encryption()
    DeletionProtectionEnabled: bool = False
    WarmThroughput: _Warm = _Warm()
    OnDemandThroughput: _OnDemand = _OnDemand()


NOTHING_ELSE = TableExtras()
_known = msgspec.json.Decoder(TableExtras)
"""Never used: see connectors/dynamodb/tables/description.py."""


def extras_of(fields: Dict[str, Any]) -> Optional[TableExtras]:
    """None if a member has another shape than AWS documents."""
    try:
        return msgspec.convert(without_nulls(fields), TableExtras)
    except msgspec.ValidationError:
        return None


class TableFacts(NamedTuple):
    description: TableDescription
    extras: TableExtras
    left: List[LeftBehind]
    not_known: List[NotKnown]
    ttl: str = ""
    """The attribute that holds an item's time to live; empty if that is off or not known."""

    @property
    def name(self) -> str:
        return self.description.TableName

    @property
    def provisioned(self) -> bool:
        return bool(self.description.ProvisionedThroughput.ReadCapacityUnits)
