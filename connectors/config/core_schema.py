"""A YAML loader for the core schema of YAML 1.2, where 05432 is 5432, 1e3 is a number, and a date is a text.

PyYAML follows YAML 1.1, where 05432 is octal, 10:00 is 600 and `no` is false. Source: yaml.org/spec/1.2.2,
section 10.3.2.
"""

from __future__ import annotations

import re
from typing import Any, Callable, ClassVar, Dict, List, NamedTuple

import yaml


class _Type(NamedTuple):
    tag: str
    pattern: str
    first: str
    """Characters that such a scalar can begin with. A blank means that the scalar can be empty."""
    value: Callable[[str], Any]


def _int(text: str) -> int:
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def _float(text: str) -> float:
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


_TYPES = (
    _Type("null", r"~|null|Null|NULL|", "~nN ", lambda text: None),
    _Type("bool", r"true|True|TRUE|false|False|FALSE", "tTfF", lambda text: text.lower() == "true"),
    _Type("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789", _int),
    _Type(
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
        lambda text: _float(text.lower()),
    ),
)


class CoreLoader(yaml.SafeLoader):
    """Loads scalars as one of the types above, or as text."""

    yaml_implicit_resolvers: Dict[str, Any] = {}
    yaml_constructors: ClassVar[Dict[Any, Any]] = {}


def _constructor(value: Callable[[str], Any]) -> Callable[[Any, yaml.ScalarNode], Any]:
    return lambda loader, node: value(node.value)


def _first(type_: _Type) -> List[str]:
    return ["" if character == " " else character for character in type_.first]


for _type in _TYPES:
    _tag = f"tag:yaml.org,2002:{_type.tag}"
    CoreLoader.add_implicit_resolver(_tag, re.compile(f"^(?:{_type.pattern})$"), _first(_type))
    CoreLoader.add_constructor(_tag, _constructor(_type.value))
CoreLoader.add_constructor("tag:yaml.org,2002:str", _constructor(str))
# Any other tag, such as !!python/name, is refused.
CoreLoader.add_constructor(None, yaml.SafeLoader.construct_undefined)
