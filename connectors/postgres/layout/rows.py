"""The rows of one relation -> puts and deletes of one DynamoDB table."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence, Tuple

from connectors.base.errors import TerminalError
from connectors.model.digests import Entry
from connectors.model.keys import KeyReader, KeySchema
from connectors.postgres.layout.errors import LayoutError
from connectors.postgres.layout.names import quoted
from connectors.postgres.layout.proof import Keys, instead, key_json
from connectors.postgres.pgoutput.messages import UNCHANGED, Delete, Insert, Relation, Row, Update, Value

PROOFS = 100
"""Number of puts whose key columns are compared with their document: a wrong mapping would delete the wrong
items. Not all puts, since a comparison takes as long as the rest of the work; all of them where a column may
change a value."""
_BLANKS = b" \t\r\n"
"""They may surround a document of type json, which keeps its text."""


class Rows:
    """A put contains the document as received, byte for byte; only its key is read. A delete is built from
    the old row's document if there is one (REPLICA IDENTITY FULL), otherwise from the key columns.

    Every method raises LayoutError for a row whose mapping is not certain: nothing is guessed.
    """

    def __init__(
        self,
        relation: Relation,
        table: str,
        schema: KeySchema,
        document: int,
        keys: Keys,
        on_proof: Optional[Callable[[Dict[str, str]], None]] = None,
    ) -> None:
        """`document`: place of its column. `keys`: empty where old rows contain their document. `on_proof`
        gets attribute -> column when a row has proven it."""
        self.relation, self.table, self.keys = relation, table, keys
        self._schema, self._document = schema, document
        self._places = keys.places
        self._width = len(relation.columns)
        self._reader = KeyReader(table, schema)
        self._digest = self._reader.digest
        self._last: Tuple[bytes, Tuple[str, ...]] = (b"", ())
        self._unproven = 0 if keys.empty else PROOFS
        self._on_proof = on_proof
        self._note_proof()

    def described(self) -> str:
        """The source of a row's key, for the log."""
        return f"keys: {self.keys.described()}"

    def insert(self, message: Insert, lsn: int) -> Sequence[Entry]:
        return (self._put(message.new, message.new, lsn),)

    def update(self, message: Update, lsn: int) -> Sequence[Entry]:
        """A put, preceded by a delete of the old key if the key changed. Empty: the item did not change."""
        before = message.key if message.old is None else message.old
        source = message.new
        self._check_width(source, lsn)
        if source[self._document] is UNCHANGED:
            if message.old is None:
                self._refuse_moved(message, lsn)
                return ()
            source = message.old
        put = self._put(source, message.new, lsn)
        if before is None:
            return (put,)
        gone = self._moved(before, message, put, lsn)
        return (put,) if gone is None else (gone, put)

    def delete(self, message: Delete, lsn: int) -> Sequence[Entry]:
        before = message.key if message.old is None else message.old
        assert before is not None  # the decoder returns one of the two
        return (self._gone(before, lsn),)

    def _put(self, source: Row, new: Row, lsn: int) -> Entry:
        """`source` has the document, `new` the key columns; they differ where the document is unchanged."""
        self._check_width(source, lsn)
        document = self._item(source[self._document], lsn)
        try:
            values = self._reader.values(document)
            digest = self._reader.digest_of_values(values)
        except TerminalError as error:
            raise self._error(lsn, str(error)) from None
        if self._unproven:
            self._unproven -= self.keys.certain and not self.keys.narrows
            self._prove(document, new, lsn)
        self._last = document, values
        return digest, document, False

    def key_json(self, document: bytes) -> bytes:
        """The key of an item, as DynamoDB JSON. Fast for the item of the last put."""
        last, values = self._last
        return self._reader.key_of_values(values) if last is document else self._reader.key_json(document)

    def _item(self, document: Value, lsn: int) -> bytes:
        if type(document) is bytes and (document[:1] == b"{" or document.lstrip(_BLANKS)[:1] == b"{"):
            return document
        raise self._error(
            lsn, f"column {self.relation.columns[self._document].name} {instead(document)}, not an item"
        )

    def _moved(self, before: Row, message: Update, put: Entry, lsn: int) -> Optional[Entry]:
        """The delete of the old key, if the update changed it: 1.0 in place of 1 is not a change."""
        self._check_width(before, lsn)
        if self._places and all(before[place] == message.new[place] for place in self._places):
            return None
        self._prove(put[1], message.new, lsn)
        gone = self._gone(before, lsn)
        return None if gone[0] == put[0] else gone

    def _refuse_moved(self, message: Update, lsn: int) -> None:
        """Raise if the key changed. The document did not change and was not sent, so otherwise nothing is
        to be written."""
        if message.key is None:
            return
        self._check_width(message.key, lsn)
        new = [old if value is UNCHANGED else value for old, value in zip(message.key, message.new)]
        if self._places and all(message.key[place] == new[place] for place in self._places):
            return
        if self._key_of(message.key, lsn) != self._key_of(new, lsn):
            raise self._error(
                lsn,
                f"the key changed from {self._named(message.key)}, but the document did not change, so "
                f"PostgreSQL did not send it. After ALTER TABLE {quoted(self.relation)} REPLICA IDENTITY "
                f"FULL, PostgreSQL sends it; copy this row manually, and move the slot past this LSN",
            )

    def _gone(self, before: Row, lsn: int) -> Entry:
        self._check_width(before, lsn)
        document = before[self._document]
        key = self._key_in(document, lsn) if type(document) is bytes else self._key_of(before, lsn)
        return self._digest(key), key, True

    def _key_in(self, document: bytes, lsn: int) -> bytes:
        try:
            return self._reader.key_json(document)
        except TerminalError as error:
            raise self._error(lsn, str(error)) from None

    def _key_of(self, row: Row, lsn: int) -> bytes:
        """The key attributes as DynamoDB JSON, from the key columns."""
        known = self.keys.known
        if known is None:
            raise self._error(lsn, self._unknown_key())
        try:
            return key_json(known, row)
        except ValueError as error:
            raise self._error(lsn, str(error)) from None

    def _unknown_key(self) -> str:
        full = f"ALTER TABLE {quoted(self.relation)} REPLICA IDENTITY FULL"
        if self.keys.empty:
            return (
                f"the row's key is needed and neither its document nor key columns were sent. After {full}, "
                f"PostgreSQL sends them"
            )
        first = self._schema.attributes[0].name
        return (
            f"the row's key is needed, and no row has shown yet which column holds which key attribute "
            f"(keys {self.keys.described()}). Set keys: {{{first}: COLUMN}} for this relation in "
            f"reverse.relations. To avoid that for later rows, run {full}"
        )

    def _prove(self, document: bytes, new: Row, lsn: int) -> None:
        if not self.keys.agree(document, new):
            raise self._error(
                lsn,
                f"the document has another key than the key columns, read as {self.keys.read_as()}. Set keys "
                f"to specify which column holds which key attribute",
            )
        self._places = self.keys.places
        self._note_proof()

    def _note_proof(self) -> None:
        if self._on_proof is not None and self.keys.known is not None:
            self._on_proof(self.keys.mapping())
            self._on_proof = None

    def _named(self, row: Row) -> str:
        """The key with its values. No other error shows contents; here the user must find the row."""
        values: List[Tuple[str, Value]] = [(key.name, row[key.place]) for key in self.keys.known or ()]
        return ", ".join(f"{name}={value!r:.80}" for name, value in values)

    def _check_width(self, row: Row, lsn: int) -> None:
        if len(row) != self._width:
            raise self._error(lsn, f"a row has {len(row)} columns, the relation {self._width}")

    def _error(self, lsn: int, problem: str) -> LayoutError:
        return LayoutError(f"{self.relation.namespace}.{self.relation.name}", lsn, problem)
