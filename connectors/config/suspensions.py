"""The suspended tables that a setting names: `orders@2` is the second suspension of the table orders."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, Sequence, Tuple

from connectors.config.document import Given
from connectors.config.kinds import Kind, checked_glob
from connectors.config.mistakes import InvalidValue


class NumberedTable(NamedTuple):
    table: str
    """A name or a glob."""
    number: int

    def __str__(self) -> str:
        return f"{self.table}@{self.number}"


def names(given: Sequence[NumberedTable], table: str, number: int) -> bool:
    """Whether the setting names this suspension of this table."""
    return any(number == suspension.number and fnmatchcase(table, suspension.table) for suspension in given)


class NumberedTables(Kind):
    """A list, or one text separated by ; or , characters."""

    label = "a list such as [orders@1], of names or globs"

    def read(self, given: Given) -> Tuple[NumberedTable, ...]:
        if isinstance(given.value, dict):
            raise self.wrong(given)
        if isinstance(given.value, list):
            return tuple(self._numbered(item.raw) for item in given.value)
        words = (word.strip() for word in re.split("[;,]", given.raw))
        return tuple(self._numbered(word) for word in words if word)

    def show(self, value: Tuple[NumberedTable, ...]) -> Any:
        return [str(table) for table in value]

    def _numbered(self, text: str) -> NumberedTable:
        table, sign, number = text.rpartition("@")
        if not sign or not re.fullmatch(r"[1-9][0-9]{0,8}", number):
            raise InvalidValue(f"must be {self.label}, each with the number that `polarshake status` shows")
        return NumberedTable(checked_glob(table), int(number))
