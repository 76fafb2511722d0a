"""A validator of the part of JSON Schema (draft 7) that this project generates."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List

TYPES: Dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
ANNOTATIONS = {"$schema", "title", "description", "default"}
KEYWORDS = {
    *("type", "enum", "anyOf", "minimum", "maximum", "exclusiveMinimum"),
    *("properties", "additionalProperties", "items"),
}


def errors(schema: Dict[str, Any], value: Any, place: str = "") -> Iterator[str]:
    """A line for each violation, with the dotted path of the value."""
    unknown = set(schema) - ANNOTATIONS - KEYWORDS
    assert not unknown, f"{place}: this validator does not know {unknown}"
    if "type" in schema and not any(is_of(value, name) for name in _listed(schema["type"])):
        yield f"{place}: {value!r} is not of {schema['type']}"
        return
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        yield f"{place}: {value!r} is none of {schema['enum']}"
    if "anyOf" in schema and all(list(errors(one, value, place)) for one in schema["anyOf"]):
        yield f"{place}: {value!r} fits none of the alternatives"
    if is_of(value, "number"):
        yield from _number(schema, value, place)
    if isinstance(value, dict):
        yield from _members(schema, value, place)
    if isinstance(value, list) and "items" in schema:
        for at, each in enumerate(value):
            yield from errors(schema["items"], each, f"{place}[{at}]")


def is_of(value: Any, name: str) -> bool:
    if name == "integer":
        return is_of(value, "number") and float(value).is_integer()
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _number(schema: Dict[str, Any], value: float, place: str) -> Iterator[str]:
    if value < schema.get("minimum", value) or value > schema.get("maximum", value):
        yield f"{place}: {value} is outside {schema.get('minimum')} to {schema.get('maximum')}"
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield f"{place}: {value} is not above {schema['exclusiveMinimum']}"


def _members(schema: Dict[str, Any], value: Dict[str, Any], place: str) -> Iterator[str]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name, inner in value.items():
        where = f"{place}.{name}".lstrip(".")
        if name in known:
            yield from errors(known[name], inner, where)
        elif others is False:
            yield f"{where}: is not a known key"
        elif isinstance(others, dict):
            yield from errors(others, inner, where)


def _listed(names: Any) -> List[str]:
    return names if isinstance(names, list) else [names]


def _same(value: Any, one: Any) -> bool:
    return type(value) is type(one) and value == one
