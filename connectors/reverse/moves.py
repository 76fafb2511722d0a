"""Tables whose unique key is checked at the commit only (DEFERRABLE): two rows may have one key meanwhile.
Pure.

`UPDATE t SET id = ...` that swaps the keys a and b sends "a becomes b", then "b becomes a". Applied one after
the other as delete and put, the second delete would remove what the first put has written. In a table whose
key is checked at once this cannot happen: a row that leaves a key is the one that came there last.

So of each key that a row came to in this transaction, the row's contents are remembered. Where a row of other
contents leaves the key, or changes there, it is the one that had the key before: nothing is written for it.
Where the contents are the same, a row that was inserted or is deleted is the same row; one that came by a
change of its key and leaves by one is the other row, as in a swap of two rows that differ in nothing but the
key.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Sequence, Tuple, Union

from connectors.model.lane_batch import Entry
from connectors.postgres.pgoutput.messages import UNCHANGED, Delete, Insert, Row, Update

_NOTHING: Tuple[Entry, ...] = ()


class _Came(NamedTuple):
    """The row that came to a key, while another one may still have the key."""

    contents: int
    """Its hash."""
    moved: bool
    """By a change of its key; else it was inserted."""


class Moves:
    """Of one transaction at a time."""

    def __init__(self) -> None:
        self._came: Dict[Tuple[str, bytes], _Came] = {}

    def begin(self) -> None:
        self._came.clear()

    def entries(
        self, message: Union[Insert, Update, Delete], table: str, entries: Sequence[Entry]
    ) -> Sequence[Entry]:
        """What of `entries`, which the message means on its own, is to be written."""
        if not entries:
            return entries
        if isinstance(message, Insert):
            self._came[table, entries[0][0]] = _Came(_hash(message.new), False)
            return entries
        old = _hash(message.old or ())
        if isinstance(message, Delete):
            return _NOTHING if self._another_stays((table, entries[0][0]), old, False) else entries
        new = _hash(_whole(message))
        if len(entries) == 1:
            return self._changed((table, entries[0][0]), old, new, entries)
        gone, put = entries
        stays = self._another_stays((table, gone[0]), old, True)
        self._came[table, put[0]] = _Came(new, True)
        return (put,) if stays else entries

    def _another_stays(self, key: Tuple[str, bytes], old: int, moves: bool) -> bool:
        """A row leaves this key; whether the one that came to it is another, and stays."""
        came = self._came.pop(key, None)
        return came is not None and (came.contents != old or (came.moved and moves))

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
    """The new row; what was not sent, since it did not change, is as in the old one."""
    if message.old is None:
        return message.new
    return [old if new is UNCHANGED else new for old, new in zip(message.old, message.new)]
