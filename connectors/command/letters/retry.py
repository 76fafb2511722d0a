"""Try letters again: the check compares their keys and repairs them, and what is equal then is settled.

A letter holds an item as it was. It is never written: the check reads the key's present item from the
authoritative side.
"""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Sequence, Set

from connectors.base.text import timestamp
from connectors.check.report.difference import Difference
from connectors.command.letters.keys import Chosen, Name, chosen
from connectors.command.letters.ledger import Mark
from connectors.command.letters.ports import Checked, KeyCheck, KeySchemas
from connectors.model.stored_letters import StoredLetter


class RetryOutcome(NamedTuple):
    keys: int
    """Keys that were compared."""
    marks: List[Mark]
    """For the settled letters."""
    refused: Dict[str, int]
    """Reasons of keys that still differ, and how many keys."""
    left: Dict[str, int]
    """Reasons why letters were not tried, and how many letters."""
    problems: List[str]
    """Why the check proves nothing; then nothing is settled."""


def retry(
    letters: Sequence[StoredLetter], schemas: KeySchemas, check: KeyCheck, by: str, clock: Callable[[], float]
) -> RetryOutcome:
    """`by`: who tries, for the marks. Raises TerminalError or TransientError."""
    known = {table: schemas.schema(table) for table in sorted({letter.table for letter in letters})}
    tried = chosen(letters, known)
    if not tried.keys:
        return RetryOutcome(0, [], {}, tried.left, [])
    checked = check.repair([(name[0], key) for name, key in tried.keys.items()])
    if checked.summary.problems:
        return RetryOutcome(len(tried.keys), [], {}, tried.left, checked.summary.problems)
    return _settled(tried, sorted(known), checked, by, timestamp(clock()))


def _settled(tried: Chosen, tables: Sequence[str], checked: Checked, by: str, now: str) -> RetryOutcome:
    differing: Set[Name] = set()
    refused: Dict[str, int] = {}
    for difference in checked.differences:
        reader = tried.readers.get(difference.table)
        if reader is None or difference.repaired:
            continue
        differing.add((difference.table, reader.digest(bytes(difference.key))))
        reason = _reason(difference)
        refused[reason] = refused.get(reason, 0) + 1
    compared = {result.table for result in checked.summary.tables}
    for table in (table for table in tables if table not in compared):
        refused[f"table {table}: not compared, perhaps excluded by the filter"] = _keys_of(table, tried)
    marks = [
        Mark(letter.identity.hex(), letter.table, letter.time, now, by, checked.report)
        for name, letters in tried.letters.items()
        if name not in differing and name[0] in compared
        for letter in letters
    ]
    return RetryOutcome(len(tried.keys), marks, {why: n for why, n in refused.items() if n}, tried.left, [])


def _keys_of(table: str, tried: Chosen) -> int:
    return sum(name[0] == table for name in tried.keys)


def _reason(difference: Difference) -> str:
    state = "still changing" if difference.changing else difference.kind.value
    return f"table {difference.table}: {difference.reason or state}"
