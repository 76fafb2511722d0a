"""The side under test: an endpoint of DynamoDB's protocol, or MongoDB."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Tuple, Union

from local.traffic.client import Client
from local.verify.canonical import digest, key_form
from local.verify.documents import Documents
from local.verify.scan import scan
from local.verify.tables import Key, attribute_names, table_key

Item = Dict[str, Any]
Target = Union[Client, Documents]
Reduced = Tuple[bytes, bytes]
"""The canonical key, and the digest of the item."""


def reducer(target: Target, key_names: List[str]) -> Callable[[Item], Reduced]:
    """The function that returns the key and the digest that an item of the source should have at the
    target."""
    if isinstance(target, Documents):
        return target.reducer(key_names)

    def reduce(item: Item) -> Reduced:
        return key_form(item, key_names), digest(item)

    return reduce


def read(target: Target, table: str, key: Key) -> Iterator[List[Reduced]]:
    if isinstance(target, Documents):
        return target.read(table, key)
    return scan(target, table, reducer(target, attribute_names(key)))


def key_at(target: Target, table: str, of_source: Any) -> Any:
    return target.key(table, of_source) if isinstance(target, Documents) else table_key(target, table)
