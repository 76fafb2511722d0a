"""The JSON Schema of application.yaml, for editors, from the declarations of the keys.

The schema is never stricter than the jobs, except that it takes choices only as they are documented, while
the jobs ignore their case. The jobs check more than it can express.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List

from connectors.config.choices import EnumChoice
from connectors.config.expressions import AttributeNames, AttributeValues
from connectors.config.keys import Member, members
from connectors.config.kinds import AutoOr, Choice, Flag, Hours, Integer, Kind, Rate, TableNames, Text
from connectors.config.legacy import NAMES, SIDES
from connectors.config.reverse import Relations, SlotList
from connectors.config.settings import Settings
from connectors.config.suspensions import NumberedTables

SCHEMA_FILE = "application.schema.json"
"""Its name, beside application.yaml."""
TITLE = "polarshake: application.yaml"
Schema = Dict[str, Any]
SCALAR = ["string", "number", "boolean"]
"""YAML takes 2024 for a number and true for a boolean, and a table may have such a name."""


def schema_text() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def is_own_schema(text: str) -> bool:
    try:
        schema = json.loads(text)
    except ValueError:
        return False
    return isinstance(schema, dict) and schema.get("title") == TITLE


def json_schema() -> Schema:
    whole = _section(Settings, "Settings of the jobs. An empty value means the default.")
    properties = whole["properties"]
    for old, names in NAMES.items():
        side = next(member.section for member in members(Settings) if member.name == SIDES[old])
        renamed = {member.name: member for member in members(side)}
        older = _object(
            {name: _member(renamed[new]) for name, new in names.items()},
            f"Older name: the same as {SIDES[old]}.",
        )
        properties[old] = {"anyOf": [properties[old], older]} if old in properties else older
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": TITLE, **whole}


def _section(cls: Any, text: str) -> Schema:
    return _object({member.name: _member(member) for member in members(cls)}, text)


def _object(properties: Schema, text: str) -> Schema:
    return {
        "type": ["object", "null"],
        "description": " ".join(text.split()),
        "additionalProperties": False,
        "properties": properties,
    }


def _member(member: Member) -> Schema:
    if member.key is None:
        return _section(member.section, member.section.__doc__)
    unit = f" ({member.key.unit})" if member.key.unit else ""
    shown = member.key.kind.show(member.default)
    default = {} if member.default is None and shown is None else {"default": shown}
    return {"description": f"{member.key.meaning}{unit}", **default, **_of(member.key.kind)}


def _of(kind: Kind) -> Schema:
    """What the kind takes. Null is the default, as is an empty text."""
    if isinstance(kind, (Choice, EnumChoice)):
        return {"enum": [*kind.allowed, None]}
    if isinstance(kind, Flag):
        return {"enum": [True, False, "yes", "no", "on", "off", None]}
    if isinstance(kind, Integer):
        numbers = {"type": "integer", "minimum": kind.low, "maximum": kind.high}
        others: List[Any] = ["auto", None] if isinstance(kind, AutoOr) else [None]
        return {"anyOf": [numbers, {"enum": others}]}
    if isinstance(kind, Hours):
        return {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": kind.most}
    if isinstance(kind, Rate):
        return {"type": ["number", "null"], "minimum": 0, "maximum": 1e9}
    if isinstance(kind, Text):
        return {"type": [*SCALAR, "null"]}
    return _of_structure(kind)


def _of_structure(kind: Kind) -> Schema:
    if isinstance(kind, (TableNames, NumberedTables)):
        return {"anyOf": [{"type": "array", "items": {"type": SCALAR}}, {"type": [*SCALAR, "null"]}]}
    if isinstance(kind, (AttributeNames, SlotList)):
        return {"type": ["object", "null"], "additionalProperties": {"type": SCALAR}}
    if isinstance(kind, (AttributeValues, Relations)):
        return {"type": ["object", "null"], "additionalProperties": {"type": "object"}}
    raise TypeError(f"{type(kind).__name__} has no schema: add it to connectors/config/json_schema.py")
