"""The indexes that a table's collection needs, and the tables that MongoDB cannot hold. Pure."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple, Union

from connectors.dynamodb.tables.description import SecondaryIndex as SecondaryIndex
from connectors.dynamodb.tables.description import TableDescription, attribute_type
from connectors.model.keys import KEY_TYPES, KeyAttribute
from connectors.targets.mongodb.convert import Shape, field_of, path_of

Keys = Tuple[Tuple[str, Union[int, str]], ...]
"""Path and 1 or "hashed"."""
MAX_NAMESPACE, MAX_SHARDED_NAMESPACE = 255, 235
"""Bytes of database, dot and collection (limits of MongoDB 4.4 and later)."""


class MongoIndex(NamedTuple):
    keys: Keys
    unique: bool = False


def indexes_of(source: TableDescription, shape: Shape, secondary: bool = True) -> List[MongoIndex]:
    """A unique one on the key attributes (unless they are the `_id`), one on the partition key (hashed if the
    collection is sharded), and one for each secondary index. No index twice."""
    schema = source.key_schema
    paths = [path_of(attribute, shape) for attribute in schema.attributes]
    wanted = [] if shape.key_as_id else [MongoIndex(tuple((path, 1) for path in paths), True)]
    if not _odd(schema.partition.name):
        wanted.append(MongoIndex(((paths[0], "hashed" if shape.sharded else 1),)))
    if secondary:
        wanted += [MongoIndex(_keys(source, index, shape)) for index in source.indexes]
    first: Dict[Keys, MongoIndex] = {}
    for index in wanted:
        first.setdefault(index.keys, index)
    return list(first.values())


def _keys(source: TableDescription, index: SecondaryIndex, shape: Shape) -> Keys:
    elements = sorted(index.KeySchema, key=lambda element: element.KeyType)  # HASH before RANGE
    attributes = [
        KeyAttribute(element.AttributeName, attribute_type(source, element.AttributeName) or KEY_TYPES[0])
        for element in elements
    ]
    return tuple((path_of(attribute, shape), 1) for attribute in attributes)


def shard_key(source: TableDescription, shape: Shape) -> Dict[str, str]:
    return {path_of(source.key_schema.partition, shape): "hashed"}


def name_problem(source: TableDescription, database: str, shape: Shape) -> Optional[str]:
    """Why the table cannot become a collection, without the table's name."""
    table = source.TableName
    most = MAX_SHARDED_NAMESPACE if shape.sharded else MAX_NAMESPACE
    if table.startswith("system.") or table.startswith(".") or table.endswith(".") or ".." in table:
        return (
            "MongoDB does not accept its name: a collection's name must not begin with system. or a dot, end "
            "with a dot, or contain two dots in a row. Leave it out with filter.blackTableSet"
        )
    if len(database) + 1 + len(table) > most:
        return f"its name and mongodb.database together are longer than {most - 1} bytes"
    return _key_problem(source, shape)


def _key_problem(source: TableDescription, shape: Shape) -> Optional[str]:
    attributes = source.key_schema.attributes
    if len({field_of(attribute.name, shape) for attribute in attributes}) < len(attributes):
        return (
            "its key attribute _id would be stored under the name of the other. Set mongodb.idPrefix to "
            "another prefix"
        )
    odd = [attribute.name for attribute in attributes if _odd(attribute.name)]
    if not odd or (shape.key_as_id and len(attributes) == 1 and not shape.sharded):
        return None
    leave = "eave the table out with filter.blackTableSet"
    may_be_id = not shape.key_as_id and len(attributes) == 1
    way = f"Set mongodb.documentId: key, or l{leave}" if may_be_id else f"L{leave}"
    return (
        f"its key attribute {odd[0]} has a dot, a leading $ or a NUL in its name: MongoDB's filters cannot "
        f"name it. {way}"
    )


def _odd(name: str) -> bool:
    return "." in name or name.startswith("$") or "\x00" in name


def kind_problem(listed: Mapping[str, Any]) -> Optional[str]:
    """Why an existing collection cannot hold the table's items. `listed`: its entry in listCollections."""
    options = listed.get("options") or {}
    kind = listed.get("type") or "collection"
    problem = None
    if kind == "view" or "viewOn" in options:
        problem = "is a view, which accepts no writes"
    elif kind == "timeseries" or "timeseries" in options:
        problem = "is a time series, whose documents cannot be replaced"
    elif kind != "collection":
        problem = f"has the type {kind}"
    elif options.get("capped"):
        problem = "is capped: it drops its oldest documents when it is full"
    elif _collates(options):
        problem = "has a collation, under which different keys count as equal"
    elif options.get("encryptedFields"):
        problem = "has encrypted fields, which only a client with their keys can write"
    if problem is None:
        return None
    return f"its collection {problem}. Set tables.existing: recreate, which DROPS it, or rename it yourself"


def _collates(options: Mapping[str, Any]) -> bool:
    """With any locale and strength, some different texts are equal: those that Unicode calls canonically
    equivalent."""
    collation: Mapping[str, Any] = options.get("collation") or {}
    return bool(collation.get("locale", "simple") != "simple")


def missing(wanted: Iterable[MongoIndex], existing: Dict[str, Any]) -> List[MongoIndex]:
    """The wanted indexes that do not exist. `existing`: the driver's index_information()."""
    there = _by_keys(existing)
    return [
        index
        for index in wanted
        if index.keys not in there or (index.unique and not any(map(_keeps_keys_apart, there[index.keys])))
    ]


def clash(wanted: Iterable[MongoIndex], existing: Dict[str, Any]) -> Optional[str]:
    """Why the unique index cannot be created in addition to the existing ones."""
    there = _by_keys(existing)
    for index in wanted:
        same_keys = there.get(index.keys, [])
        if index.unique and same_keys and not any(map(_keeps_keys_apart, same_keys)):
            fields = ", ".join(path for path, _ in index.keys)
            return (
                f"its collection has an index on {fields} that is not unique{_ways(same_keys)}, but the job "
                f"needs it to be unique for every key. Drop that index, or set tables.existing"
            )
    return None


def _by_keys(existing: Dict[str, Any]) -> Dict[Keys, List[Mapping[str, Any]]]:
    """Since MongoDB 5.0, several indexes may have the same keys."""
    by_keys: Dict[Keys, List[Mapping[str, Any]]] = {}
    for index in existing.values():
        by_keys.setdefault(_pattern(index["key"]), []).append(index)
    return by_keys


def _keeps_keys_apart(index: Mapping[str, Any]) -> bool:
    """Whether the index is unique for all documents and compares keys byte by byte."""
    return bool(index.get("unique")) and not _restrictions(index)


def _restrictions(index: Mapping[str, Any]) -> List[str]:
    ways = {
        "partial": "partialFilterExpression" in index,
        "sparse": bool(index.get("sparse")),
        "with a collation": _collates(index),
    }
    return [way for way, holds in ways.items() if holds]


def _ways(indexes: Iterable[Mapping[str, Any]]) -> str:
    ways = sorted({way for index in indexes if index.get("unique") for way in _restrictions(index)})
    return f" for all ({', '.join(ways)})" if ways else ""


def foreign_unique(wanted: Iterable[MongoIndex], existing: Dict[str, Any]) -> List[str]:
    """Names of other unique indexes than the key's: they may refuse documents."""
    own_keys = {index.keys for index in wanted if index.unique}
    return sorted(
        name
        for name, index in existing.items()
        if index.get("unique") and _pattern(index["key"]) not in own_keys and name != "_id_"
    )


def _pattern(key: Iterable[Tuple[str, Any]]) -> Keys:
    return tuple((path, how if isinstance(how, str) else int(how)) for path, how in key)
