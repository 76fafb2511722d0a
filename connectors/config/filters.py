"""Which tables take part."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Tuple

from connectors.config.keys import key
from connectors.config.kinds import TableNames


@dataclass(frozen=True)
class TableFilter:
    """Which tables take part; at most one of the two is set. Neither: all tables.

    Names and globs with * ? [abc], as a list, or as one text with ; or , between them. Quote globs.
    """

    white_table_set: Tuple[str, ...] = key(TableNames(), (), 'only these tables, such as [orders, "user_*"]')
    black_table_set: Tuple[str, ...] = key(TableNames(), (), "all tables but these")

    def allows(self, name: str) -> bool:
        if self.white_table_set:
            return any(fnmatchcase(name, glob) for glob in self.white_table_set)
        return not any(fnmatchcase(name, glob) for glob in self.black_table_set)
