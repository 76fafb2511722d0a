"""Proves by rows which key columns hold the key: a row's document shows its key. Pure.

1. A choice that disagrees with a row's document is removed permanently.
2. When one choice is left and a row has agreed with it, it is proven.
3. As long as several choices are left, or no row has agreed with a choice that needs a proof, no key is read
   from columns: a delete is refused.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import msgspec

from connectors.base.errors import TerminalError
from connectors.model.keys import KeyAttribute, KeyReader
from connectors.postgres.layout.values import attribute_value
from connectors.postgres.pgoutput.messages import UNCHANGED, Binary, Row, Value


class KeyColumn(NamedTuple):
    """`place`: the column's index within a row. `base`: the oid of its type, below a domain."""

    attribute: KeyAttribute
    place: int
    name: str
    base: int
    narrows: bool = False
    """Every row must show that the column has not changed its value."""


Choice = Tuple[KeyColumn, ...]


class Sample(NamedTuple):
    """A row read from the table: its document, and the text of columns by name."""

    document: bytes
    columns: Dict[str, bytes]


class Keys:
    """The key columns of one relation, as far as they are known."""

    def __init__(self, reader: KeyReader, choices: Sequence[Choice], certain: bool) -> None:
        self._reader, self._choices, self.certain = reader, list(choices), certain

    @property
    def known(self) -> Optional[Choice]:
        """The columns from which a key may be read. None: not known (yet)."""
        return self._choices[0] if self.certain and len(self._choices) == 1 else None

    @property
    def empty(self) -> bool:
        """The document alone has the key."""
        return not self._choices

    @property
    def narrows(self) -> bool:
        return any(key.narrows for choice in self._choices for key in choice)

    @property
    def places(self) -> List[int]:
        """Of all columns that may be part of the key."""
        return sorted({key.place for choice in self._choices for key in choice})

    def agree(self, document: bytes, row: Row) -> bool:
        """Compare the choices with a row that has this document, an item. Returns whether any choice is left;
        if not, all stay, for the error message.

        Raises TerminalError for a document without the key.
        """
        if not self._choices or any(row[place] is UNCHANGED for place in self.places):
            return True
        digest = self._reader.digest(document)
        left = [choice for choice in self._choices if self._agrees(choice, digest, row)]
        if not left:
            return False
        self._choices = left
        self.certain = self.certain or len(left) == 1
        return True

    def agree_all(self, samples: Sequence[Sample], width: int) -> bool:
        """Compare with rows that were read from the table. `width`: the number of columns of a row."""
        names = {key.place: key.name for choice in self._choices for key in choice}
        for sample in samples:
            row: Row = [None] * width
            for place, name in names.items():
                row[place] = sample.columns.get(name)
            if not self.agree(sample.document, row):
                return False
        return True

    def mapping(self) -> Dict[str, str]:
        """attribute -> column, if known."""
        return {key.attribute.name: key.name for key in self.known or ()}

    def described(self) -> str:
        """For messages."""
        if self.empty:
            return "from the document alone"
        if self.known is None:
            columns = sorted({key.name for choice in self._choices for key in choice})
            return f"in {', '.join(columns)}, to be proven by a row"
        return described(self.known)

    def read_as(self) -> str:
        """How the first choice reads a row, for the error where no choice agrees."""
        return described(self._choices[0]) if self._choices else ""

    def _agrees(self, choice: Choice, digest: bytes, row: Row) -> bool:
        try:
            return self._reader.digest(key_json(choice, row)) == digest
        except (ValueError, TerminalError):
            return False


def described(choice: Choice) -> str:
    return ", ".join(f"{key.attribute.name} = column {key.name}" for key in choice)


def key_json(choice: Choice, row: Row) -> bytes:
    """The key attributes as DynamoDB JSON. Raises ValueError with the reason."""
    return msgspec.json.encode({key.attribute.name: {key.attribute.type: _value(key, row)} for key in choice})


def _value(key: KeyColumn, row: Row) -> str:
    value = row[key.place]
    if type(value) is not bytes:
        raise ValueError(f"key column {key.name} {instead(value)}")
    try:
        return attribute_value(key.attribute.type, key.base, value)
    except ValueError as error:
        raise ValueError(
            f"key column {key.name} cannot be key attribute {key.attribute.name}: {error}"
        ) from None


def instead(value: Value) -> str:
    if value is None:
        return "is NULL"
    if value is UNCHANGED:
        return "was not sent"
    if type(value) is Binary:
        return "was sent in binary form: start replication without the option binary"
    return "does not hold a JSON object"
