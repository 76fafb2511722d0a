"""Examples of the differences of each table and kind, shortened for display, whatever the items contain."""

from __future__ import annotations

from typing import Collection, Dict, Iterable, List, NamedTuple, Optional, Tuple

import msgspec

from connectors.check.report.difference import ABSENT, Difference, DifferenceKind
from connectors.check.report.values import (
    UNREADABLE,
    Shown,
    attributes_of,
    literal,
    shorten,
    show,
    show_key,
    show_pair,
)

PER_KIND = 20
"""Maximum examples of each kind and table."""
REASON = 300
"""Maximum characters of a reason that are shown."""
ATTRIBUTES = 12
"""Maximum attributes of an example that are shown."""


class Row(NamedTuple):
    name: str
    source: Shown
    target: Shown


class Example(NamedTuple):
    key: str
    kind: DifferenceKind
    rows: List[Row]
    more: int
    """Number of attributes that are not shown."""
    first_seen: str
    last_seen: str
    changing: bool
    repaired: bool
    reason: str
    """Why the target cannot answer for the key; empty if it can."""


Examples = Dict[Tuple[str, DifferenceKind], List[Example]]
"""Examples by table and kind, in the order in which they were found, repaired ones last."""


def choose(
    differences: Iterable[Difference], per_kind: int = PER_KIND, tables: Optional[Collection[str]] = None
) -> Examples:
    """The examples, of `tables` only if it is given. Reads all differences and shortens each at once, so that
    none is kept in full."""
    open_: Examples = {}
    repaired: Examples = {}
    for difference in differences:
        if tables is not None and difference.table not in tables:
            continue
        groups = repaired if difference.repaired else open_
        few = groups.setdefault((difference.table, difference.kind), [])
        if len(few) < per_kind:
            few.append(example_of(difference))
    for place, few in repaired.items():
        chosen = open_.setdefault(place, [])
        chosen.extend(few[: per_kind - len(chosen)])
    return open_


def example_of(difference: Difference) -> Example:
    pairs = _pairs(difference)
    rows = [_row(name, source, target) for name, (source, target) in list(pairs.items())[:ATTRIBUTES]]
    return Example(
        key=show_key(difference.key),
        kind=difference.kind,
        rows=rows,
        more=len(pairs) - len(rows),
        first_seen=difference.first_seen,
        last_seen=difference.last_seen,
        changing=difference.changing,
        repaired=difference.repaired,
        reason=shorten(literal(difference.reason), REASON) if difference.reason else "",
    )


def _pairs(difference: Difference) -> Dict[str, Tuple[msgspec.Raw, msgspec.Raw]]:
    if difference.kind is DifferenceKind.DIFFERENT:
        return {name: (pair.source, pair.target) for name, pair in difference.attributes.items()}
    source = difference.kind is DifferenceKind.MISSING
    item = difference.source if source else difference.target
    try:
        values = {} if bytes(item) == bytes(ABSENT) else attributes_of(item)
    except UNREADABLE:
        values = {"(unreadable item)": item}
    return {name: (value, ABSENT) if source else (ABSENT, value) for name, value in values.items()}


def _row(name: str, source: msgspec.Raw, target: msgspec.Raw) -> Row:
    both = show_pair(source, target) if ABSENT not in (source, target) else (show(source), show(target))
    return Row(shorten(literal(name), 80), *both)
