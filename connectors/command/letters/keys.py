"""The keys that a retry compares. Pure."""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from connectors.base.errors import TerminalError
from connectors.model.keys import KeyReader, KeySchema
from connectors.model.stored_letters import StoredLetter

Name = Tuple[str, bytes]
"""Table, and the digest of a key."""


class Chosen(NamedTuple):
    keys: Dict[Name, bytes]
    """Key attributes as DynamoDB JSON."""
    letters: Dict[Name, List[StoredLetter]]
    left: Dict[str, int]
    """Reasons why letters cannot be tried again, and how many letters."""
    readers: Dict[str, KeyReader]
    """By table. A table that DynamoDB lacks has none."""


def chosen(letters: Iterable[StoredLetter], schemas: Mapping[str, Optional[KeySchema]]) -> Chosen:
    """Letters by key. `schemas`: each table's key schema, or None if DynamoDB lacks the table."""
    readers = {table: KeyReader(table, schema) for table, schema in schemas.items() if schema}
    keys: Dict[Name, bytes] = {}
    grouped: Dict[Name, List[StoredLetter]] = {}
    left: Dict[str, int] = {}
    for letter in letters:
        reader = readers.get(letter.table)
        problem = _problem(letter, reader)
        if problem or reader is None:
            left[problem] = left.get(problem, 0) + 1
            continue
        name = letter.table, reader.digest(letter.body)
        keys[name] = reader.key_json(letter.body)
        grouped.setdefault(name, []).append(letter)
    return Chosen(keys, grouped, left, readers)


def _problem(letter: StoredLetter, reader: Optional[KeyReader]) -> str:
    if reader is None:
        return f"DynamoDB has no table {letter.table}"
    if not letter.body:
        return f"table {letter.table}: the body is not JSON"
    try:
        reader.key_json(letter.body)
    except TerminalError as error:
        return str(error)
    return ""
