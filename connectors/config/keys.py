"""Declaration of a key: once, on the dataclass field that holds it.

The parser, the checks, `application.yaml` and the reference are all derived from these declarations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from connectors.config.kinds import Kind


@dataclass(frozen=True)
class Key:
    """Documentation and type of a key. `unit` is empty if the value has none."""

    kind: Kind
    meaning: str
    unit: str


def key(kind: Kind, default: Any, meaning: str, unit: str = "") -> Any:
    """A dataclass field that is read from the configuration. Its YAML name is its own name in camelCase."""
    metadata = {"key": Key(kind, meaning, unit)}
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata=metadata)
    return field(default=default, metadata=metadata)


class Member(NamedTuple):
    """A key, or a section: a settings class within a settings class, explained by its docstring."""

    attribute: str
    name: str
    key: Optional[Key]
    default: Any

    @property
    def section(self) -> Any:
        """The settings class of a section, None for a key."""
        return None if self.key else type(self.default)


def members(cls: Any) -> List[Member]:
    """Keys and sections in the order of declaration. Other fields (credentials) are never in the file."""
    defaults = cls()
    return [
        Member(each.name, _camel_case(each.name), each.metadata.get("key"), getattr(defaults, each.name))
        for each in fields(cls)
        if "key" in each.metadata or is_dataclass(getattr(defaults, each.name))
    ]


def paths(cls: Any, prefix: str = "") -> Iterator[str]:
    """The dotted path of every key."""
    for member in members(cls):
        if member.section:
            yield from paths(member.section, f"{prefix}{member.name}.")
        else:
            yield prefix + member.name


def as_mapping(settings: Any) -> Dict[str, Any]:
    """Every key with its value, as in a configuration file. Credentials are not included."""
    return {
        member.name: member.key.kind.show(getattr(settings, member.attribute))
        if member.key
        else as_mapping(getattr(settings, member.attribute))
        for member in members(type(settings))
    }


def _camel_case(name: str) -> str:
    return re.sub(r"_(.)", lambda match: match.group(1).upper(), name)
