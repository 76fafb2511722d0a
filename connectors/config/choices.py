"""Enumerations for the settings that several packages branch on."""

from __future__ import annotations

import enum
from typing import Type

from connectors.config.document import Given
from connectors.config.kinds import Choice


class CopyMode(str, enum.Enum):
    """`mode`."""

    ALL = "all"
    FULL = "full"
    INCREMENTAL = "incremental"
    SCHEMA = "schema"

    @property
    def scans(self) -> bool:
        return self in (CopyMode.ALL, CopyMode.FULL)

    @property
    def follows(self) -> bool:
        return self in (CopyMode.ALL, CopyMode.INCREMENTAL)


class TargetName(str, enum.Enum):
    """`target`."""

    POLARDB = "polardb"
    MONGODB = "mongodb"


class Direction(str, enum.Enum):
    """`check.direction`."""

    FORWARD = "forward"
    """DynamoDB is the source of truth."""
    REVERSE = "reverse"
    """PolarDB is the source of truth, after the cut-over."""


class FollowUntil(str, enum.Enum):
    """`check.until`."""

    STOPPED = "stopped"
    QUIET = "quiet"


class GapPolicy(str, enum.Enum):
    """`streams.gap`."""

    SUSPEND = "suspend"
    RESCAN = "rescan"
    FAIL = "fail"


class OnError(str, enum.Enum):
    """`tables.onError`."""

    SUSPEND = "suspend"
    FAIL = "fail"


class EnumChoice(Choice):
    """A choice whose value in the settings is a member of an enumeration."""

    def __init__(self, values: Type[enum.Enum]) -> None:
        super().__init__(*(member.value for member in values))
        self._values = values

    def read(self, given: Given) -> enum.Enum:  # type: ignore[override]
        return self._values(super().read(given))

    def show(self, value: enum.Enum) -> str:
        return str(value.value)
