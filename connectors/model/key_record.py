"""The keys of the changes that the reverse job has read, as it stores them: which changes are known. Pure.

1. A segment is an object with the keys of every change that a slot sent of the transactions which committed
   after `first`, up to `through` (positions in PolarDB's log). It may have other keys in addition.
2. The segments of one server process and one publication belong together. After a restart or a failover of
   the server, the same position may mean other changes.
3. Changes are known from a position to another one if segments cover that part of the log without a hole. So
   a segment that is missing, for whatever reason, is noticed.
4. What cannot be recorded as keys is recorded as not known: for a table (`unknown`), or for a relation whose
   rows the job skips (`skipped`). `fed` says which relations the keys came from: with other settings, a
   relation may have fed another table.
5. Segments that follow one another can be replaced by one segment: see `folded`.
"""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional, Sequence, Set

import msgspec

from connectors.model.sealing import seal, unseal

MOST_KEYS = 1_000_000
"""Keys in one segment. With more, the changes of its tables count as unknown."""
TOO_MANY = f"more than {MOST_KEYS:,} of its keys changed in a part of the record"
FOLD = 32
"""Segments that are replaced by one."""


class LogPart(NamedTuple):
    """Identifies the log that a slot sends."""

    slot: str
    server: str
    """The start time of PolarDB's server process: microseconds since 1970."""
    publication: str


class SegmentName(NamedTuple):
    """The name of a segment's object says which part of the log it covers."""

    part: LogPart
    level: int
    """How often its keys have been folded."""
    first: int
    through: int

    @property
    def text(self) -> str:
        slot, server, publication = self.part
        return f"{slot}.{server}.{publication}.{self.level}.{self.first:016x}-{self.through:016x}.json"


_NAME = re.compile(r"([a-z0-9_]+)\.([0-9]+)\.(\w+)\.([0-9]+)\.([0-9a-f]{16})-([0-9a-f]{16})\.json", re.ASCII)


def segment_name(text: str) -> Optional[SegmentName]:
    """None for another object."""
    match = _NAME.fullmatch(text)
    if match is None:
        return None
    slot, server, publication, level, first, through = match.groups()
    return SegmentName(LogPart(slot, server, publication), int(level), int(first, 16), int(through, 16))


class KeySegment(msgspec.Struct, frozen=True):
    name: str
    """That of its object."""
    keys: Dict[str, List[msgspec.Raw]] = {}
    """By table, as DynamoDB JSON."""
    unknown: Dict[str, str] = {}
    """Table -> why its changes are not known."""
    skipped: List[int] = []
    """Oids of relations whose changes the job did not replicate."""
    fed: Dict[str, List[int]] = {}
    """Table -> oids of the relations from which its keys came."""


_decode = msgspec.json.Decoder(KeySegment).decode


def sealed(segment: KeySegment) -> bytes:
    """The contents of the segment's object."""
    return seal(msgspec.json.encode(segment))


def unsealed(contents: bytes, name: SegmentName) -> Optional[KeySegment]:
    """None if the contents are not as they were written under this name."""
    body = unseal(contents)
    try:
        segment = _decode(body) if body is not None else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return segment if segment is not None and segment.name == name.text else None


class Covered(NamedTuple):
    """The part of the log that is covered without a hole."""

    names: List[SegmentName]
    reached: int
    hole: bool
    """There are segments after it."""


def covered(names: Sequence[SegmentName], part: LogPart, since: int) -> Covered:
    """How far segments cover the log from a position on, and which ones are needed for it."""
    mine = [name for name in names if name.part == part]
    needed: List[SegmentName] = []
    reached = since
    while True:
        following = [name for name in mine if name.first <= reached < name.through]
        if not following:
            return Covered(needed, reached, any(name.first > reached for name in mine))
        needed.append(max(following, key=lambda name: name.through))
        reached = needed[-1].through


def foldable(names: Sequence[SegmentName]) -> List[SegmentName]:
    """The oldest segments of one level that can be replaced by one, in their order; empty while there are too
    few. A segment that does not continue the one before it begins a new series: what is folded has no hole.
    """
    series: List[SegmentName] = []
    for name in sorted(names):
        if series and (name.part != series[-1].part or name.first > max(each.through for each in series)):
            series = []
        series.append(name)
        if len(series) == FOLD:
            return series
    return []


def folded(segments: Sequence[KeySegment], names: Sequence[SegmentName], most: int = MOST_KEYS) -> KeySegment:
    """One segment in place of these, which are `foldable`. `most`: keys."""
    through = max(name.through for name in names)
    name = SegmentName(names[0].part, names[0].level + 1, names[0].first, through)
    keys: Dict[str, Dict[bytes, None]] = {}
    unknown: Dict[str, str] = {}
    skipped = sorted({oid for segment in segments for oid in segment.skipped})
    fed: Dict[str, Set[int]] = {}
    for segment in segments:
        unknown.update(segment.unknown)
        for table, oids in segment.fed.items():
            fed.setdefault(table, set()).update(oids)
        for table, those in segment.keys.items():
            keys.setdefault(table, {}).update(dict.fromkeys(map(bytes, those)))
    relations = {table: sorted(oids) for table, oids in fed.items()}
    if sum(map(len, keys.values())) > most:
        return KeySegment(name.text, {}, {**dict.fromkeys(keys, TOO_MANY), **unknown}, skipped, relations)
    raw = {table: [msgspec.Raw(key) for key in those] for table, those in keys.items()}
    return KeySegment(name.text, raw, unknown, skipped, relations)
