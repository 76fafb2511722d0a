"""The outcome of a key of nimo-shake.conf."""

from __future__ import annotations

import enum
from typing import Any, Mapping, NamedTuple

from connectors.config.credentials import SECRET_KEYS
from connectors.config.reference import flow


class Fate(str, enum.Enum):
    MAPPED = "mapped"
    UNNEEDED = "not needed"
    SECRET = "secret"
    """Not copied: it is set elsewhere."""
    INSTEAD = "do instead"
    """Not supported, or not convertible: the user must act."""
    UNKNOWN = "unknown"


NEED_YOU = (Fate.INSTEAD, Fate.UNKNOWN)
"""These need the user's decision."""


class Became(NamedTuple):
    fate: Fate
    text: str
    sets: Mapping[str, Any] = {}
    """Values by dotted path, as in YAML."""


class OptionOutcome(NamedTuple):
    line: int
    """0: the key is not in the file."""
    key: str
    became: Became


def mapped(sets: Mapping[str, Any], note: str = "") -> Became:
    shown = ", ".join(f"{path}: {flow(value)}" for path, value in sets.items())
    return Became(Fate.MAPPED, f"{shown}. {note}" if note else shown, sets)


def unneeded(because: str) -> Became:
    return Became(Fate.UNNEEDED, because)


def instead(text: str) -> Became:
    return Became(Fate.INSTEAD, text)


def secret(option: str, value: str, without: str) -> Became:
    """`without`: what applies if the old file has no value."""
    (key,) = [key for key in SECRET_KEYS if key.option == option]
    if not value:
        return unneeded(f"is empty. {without}")
    return Became(Fate.SECRET, f"not copied: set {key.variable} in the environment, or use {key.option}")
