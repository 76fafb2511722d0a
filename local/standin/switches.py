"""A switch for each difference between PolarDB and DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Iterable, Tuple

from connectors.base.errors import ConfigError


@dataclass(frozen=True)
class Switches:
    """On: PolarDB's documented behaviour. Off: DynamoDB's, or that of another version of PolarDB's proxy."""

    short_pages: bool = True
    """Scan and Query return at most 100 items if the request has no Limit."""
    atomic_batches: bool = True
    """BatchWriteItem is one transaction. Off: each write is independent, and failed ones are
    UnprocessedItems."""
    refuse_consistent_read: bool = True
    """ConsistentRead: true is a ValidationException. Off: accepted (reads here are always consistent)."""
    hide_capacity: bool = True
    """DescribeTable has no billing mode and no throughput."""
    empty_status: bool = True
    """TableStatus and IndexStatus are empty strings. Off: ACTIVE."""
    table_not_found: bool = True
    """A missing table is TableNotFound. Off: ResourceNotFoundException."""
    refuse_key_projection: bool = True
    """NonKeyAttributes of an index must not name key attributes."""
    refuse_old_parameters: bool = True
    """AttributeUpdates, Expected, AttributesToGet and similar old parameters are refused. Off: ignored."""
    misname_unprocessed_keys: bool = False
    """BatchGetItem returns UnprocessedKeys under the wrong name UnprocessedItems, as proxies before 2.3.64
    do."""


def names() -> Tuple[str, ...]:
    return tuple(field.name.replace("_", "-") for field in fields(Switches))


def parse(settings: Iterable[str]) -> Switches:
    """Switches from `name=on` and `name=off`; the last value of a name applies. Raises ConfigError."""
    chosen = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in names():
            raise ConfigError("--switch", name, "this switch does not exist", names())
        if value not in ("on", "off"):
            raise ConfigError("--switch", name, f"must be on or off, not {value!r}", ("on", "off"))
        chosen[name.replace("-", "_")] = value == "on"
    return replace(Switches(), **chosen)
