"""Tables whose unique key is checked at the commit only (DEFERRABLE): until then, two rows may have the same
key. Pure.

An `UPDATE t SET id = ...` that swaps the keys a and b sends "a becomes b", then "b becomes a". If both were
applied in order as delete and put, the second delete would remove what the first put has written. A table
whose key is checked at once has no such problem: the row that leaves a key is the one that took it last.

1. For each key that a row took in this transaction, the contents of that row are remembered.
2. If a row with other contents leaves the key, or changes there, it is the row that had the key before.
   Nothing is written for it.
3. If the contents are the same, a row that was inserted or is deleted is the remembered row.
4. If the contents are the same, and a row took the key by an update and leaves it by an update, it may be
   either: the messages of a row that moves on are those of two rows that differ only in the key, of which
   one takes the place of the other. Whether the table now has a row with this key decides. The answer is
   right whether it is that before or after this transaction. If a later transaction has changed it, its own
   messages follow.
"""

from __future__ import annotations

from typing import Callable, Dict, NamedTuple, Sequence, Tuple, Union

from connectors.model.digests import Entry
from connectors.postgres.pgoutput.messages import UNCHANGED, Delete, Insert, Row, Update

_NOTHING: Tuple[Entry, ...] = ()


class _Came(NamedTuple):
    """The row that took a key, while another row may still have it."""

    contents: int
    """The hash of its contents."""
    moved: bool
    """It took the key by an update; otherwise it was inserted."""


class Moves:
    """The keys that rows took, in one transaction at a time."""

    def __init__(self, occupied: Callable[[int, Row], bool]) -> None:
        """`occupied`: whether the relation of this oid now has a row with the key of this one."""
        self._occupied = occupied
        self._came: Dict[Tuple[str, bytes], _Came] = {}

    def begin(self) -> None:
        self._came.clear()

    def entries(
        self, message: Union[Insert, Update, Delete], table: str, entries: Sequence[Entry]
    ) -> Sequence[Entry]:
        """The part of `entries` that is to be written. `entries`: the meaning of the message by itself."""
        if not entries:
            return entries
        if isinstance(message, Insert):
            self._came[table, entries[0][0]] = _Came(_hash(message.new), False)
            return entries
        old = message.old or []
        if isinstance(message, Delete):
            came = self._came.pop((table, entries[0][0]), None)
            return _NOTHING if came is not None and came.contents != _hash(old) else entries
        new = _hash(_whole(message))
        if len(entries) == 1:
            return self._changed((table, entries[0][0]), _hash(old), new, entries)
        gone, put = entries
        stays = self._another_stays((table, gone[0]), message.relation, old)
        self._came[table, put[0]] = _Came(new, True)
        return (put,) if stays else entries

    def _another_stays(self, key: Tuple[str, bytes], relation: int, old: Row) -> bool:
        """A row moves away from this key: whether another row took the key, and keeps it."""
        came = self._came.pop(key, None)
        if came is None:
            return False
        return came.contents != _hash(old) or (came.moved and self._occupied(relation, old))

    def _changed(
        self, key: Tuple[str, bytes], old: int, new: int, entries: Sequence[Entry]
    ) -> Sequence[Entry]:
        came = self._came.get(key)
        if came is None:
            return entries
        if came.contents != old:
            return _NOTHING
        self._came[key] = came._replace(contents=new)
        return entries


def _hash(row: Sequence[object]) -> int:
    return hash(tuple(row))


def _whole(message: Update) -> Row:
    """The new row; unchanged values that were not sent are taken from the old row."""
    if message.old is None:
        return message.new
    return [old if new is UNCHANGED else new for old, new in zip(message.old, message.new)]
