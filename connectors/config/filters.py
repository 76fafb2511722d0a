"""The choice of the tables that a job works on."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Tuple

from connectors.config.keys import key
from connectors.config.kinds import TableNames


@dataclass(frozen=True)
class TableFilter:
    """The tables that a job works on. Without a filter: all tables. At most one of the two keys may be set.

    Each takes names and globs (* ? [abc]), as a list, or as one text separated by ; or , characters. Put
    globs in quotes.
    """

    white_table_set: Tuple[str, ...] = key(TableNames(), (), 'only these tables, such as [orders, "user_*"]')
    black_table_set: Tuple[str, ...] = key(TableNames(), (), "all tables except these")

    def allows(self, name: str) -> bool:
        if self.white_table_set:
            return self._white.match(name)
        return not self._black.match(name)

    @cached_property
    def _white(self) -> NameMatcher:
        return NameMatcher(self.white_table_set)

    @cached_property
    def _black(self) -> NameMatcher:
        return NameMatcher(self.black_table_set)


class NameMatcher:
    """Matches names and globs. Thousands of plain names take no longer than one."""

    def __init__(self, names: Tuple[str, ...]) -> None:
        self.globs = [name for name in names if any(sign in name for sign in "*?[")]
        self._plain = frozenset(names).difference(self.globs)

    def match(self, name: str) -> bool:
        return name in self._plain or any(fnmatchcase(name, glob) for glob in self.globs)
