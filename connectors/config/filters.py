"""The choice of the tables that a job works on."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
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
            return any(fnmatchcase(name, glob) for glob in self.white_table_set)
        return not any(fnmatchcase(name, glob) for glob in self.black_table_set)
