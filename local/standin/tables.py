"""A table as requests use it: its definition, with everything that is derived from it."""

from __future__ import annotations

from typing import NamedTuple, Tuple

from local.standin.keys import Key, KeyColumn, key_of, read_part
from local.standin.schema import Definition, index_columns, key_columns
from local.standin.statements import Statements, statements_of
from local.standin.values import Item, read_item


class Table(NamedTuple):
    name: str
    definition: Definition
    columns: Tuple[KeyColumn, ...]
    index_columns: Tuple[KeyColumn, ...]
    sql: Statements

    def read(self, document: bytes) -> Tuple[Key, Item]:
        """Decode a whole item and check it against this table. Raises ApiError."""
        item = read_item(document)
        for column in self.index_columns:
            if column.name in item:
                read_part(column, item[column.name])
        return key_of(self.columns, item), item


def table_of(definition: Definition) -> Table:
    columns = key_columns(definition)
    name = definition.TableName
    return Table(name, definition, columns, index_columns(definition), statements_of(name, columns))
