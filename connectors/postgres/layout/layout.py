"""The relations of one replication session, and the meaning of their messages for DynamoDB."""

from __future__ import annotations

from typing import (
    Any,
    Callable,
    Collection,
    Dict,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Tuple,
)

import msgspec

from connectors.base.errors import ConfigError, TerminalError
from connectors.model.digests import Entry
from connectors.model.keys import KeySchema
from connectors.postgres.layout.assignment import Assigned, AssignmentRules, assign
from connectors.postgres.layout.errors import (
    AttachedError,
    DroppedError,
    LayoutError,
    PartitionTruncatedError,
    TruncateError,
)
from connectors.postgres.layout.keys import find_keys
from connectors.postgres.layout.overrides import DOCUMENT
from connectors.postgres.layout.proof import Sample
from connectors.postgres.layout.relations import RelationFacts, announced, document_of
from connectors.postgres.layout.rows import Rows
from connectors.postgres.pgoutput.messages import Change, Delete, Insert, Relation, Truncate

_NOTHING: Mapping[str, Any] = {}
_NONE: Tuple[str, Sequence[Entry]] = ("", ())
TRUNCATES = ("fail", "delete")


class Tables(Protocol):
    """The DynamoDB tables."""

    def names(self) -> Collection[str]:
        """The names of all tables, also of those that the filter excludes."""
        ...

    def key_schema(self, name: str) -> Optional[KeySchema]:
        """None: the table does not exist, and its rows are skipped."""
        ...


class Catalog(Protocol):
    """The relations that the database has now. Messages may be older."""

    def relations(self, oid: int) -> Sequence[RelationFacts]:
        """All of them, with the one of this oid, unless that has been dropped."""
        ...

    def sample(self, relation: RelationFacts, document: str, columns: Sequence[str]) -> List[Sample]:
        """Some rows; none where the role may not read them."""
        ...


class LayoutMemory:
    """What the sessions of a slot have learned; kept over restarts."""

    def __init__(
        self,
        keys: Mapping[str, Dict[str, str]] = _NOTHING,
        relations: Mapping[str, int] = _NOTHING,
        submitted: Mapping[str, int] = _NOTHING,
    ) -> None:
        self.keys = dict(keys)
        """Relation's oid -> key attribute -> column, as rows have proven."""
        self.relations = dict(relations)
        """DynamoDB table -> oid of the relation that feeds it."""
        self._submitted = submitted
        """The same, at the submission of a job without a savepoint."""

    def feeding(self, table: str) -> Optional[int]:
        return self.relations.get(table) or self._submitted.get(table)


class LayoutRules(NamedTuple):
    """The settings."""

    assignment: AssignmentRules
    truncate: str = "fail"
    """fail or delete."""
    dropped_fails: bool = True
    """reverse.droppedTable is fail."""


class Truncated(NamedTuple):
    """All items of these tables are to be deleted before any later change is written. `lsn`: for logs."""

    tables: Tuple[str, ...]
    lsn: int


class Layout:
    """The relations by oid. One Layout per session: the server announces the relations again in each.

    A relation with the document column is a table; every other one is skipped. `lsn` is the position of the
    message, for errors.
    """

    def __init__(self, tables: Tables, catalog: Catalog, rules: LayoutRules, memory: LayoutMemory) -> None:
        """Raises ConfigError for another value of `truncate`."""
        if rules.truncate not in TRUNCATES:
            raise ConfigError("layout", "truncate", f"{rules.truncate!r} is not known", TRUNCATES)
        self._tables, self._catalog, self._memory = tables, catalog, memory
        self._rules, self._deletes = rules, rules.truncate == "delete"
        self._rows: Dict[int, Optional[Rows]] = {}
        self._refused: Dict[int, TerminalError] = {}
        """The errors of relations that may never have a row; see `relation`."""
        self._partitions: Dict[int, Relation] = {}
        """Partitions that were announced, perhaps without a row under their own name."""
        self._notices: Dict[str, str] = {}

    def relation(self, message: Relation, lsn: int) -> Optional[str]:
        """Record the relation's definition from here on. Returns a notice for the user, once for each
        relation.

        Raises LayoutError when it is not certain which table it is or where its key is, when a relation is no
        longer a table, and when another relation feeds the same table. For a relation that has been dropped
        since, only its first row raises the error. A partition is read at its first row: the server announces
        partitions even if their rows are sent as rows of their root.
        """
        message = msgspec.structs.replace(message, xid=0)
        known = self._rows.get(message.id)
        if known is not None and known.relation == message:
            return None
        self._refused.pop(message.id, None)
        if self._root_of(message.id) is not None:
            self._rows.pop(message.id, None)
            self._partitions[message.id] = message
            return None
        try:
            rows, notice = self._read(message, lsn)
        except TerminalError as error:
            if self._is_current(message.id):
                raise
            self._rows[message.id], self._refused[message.id] = None, error
            return None
        self._rows[message.id] = rows
        return self._once(f"{message.namespace}.{message.name}", notice)

    def _read(self, message: Relation, lsn: int) -> Tuple[Optional[Rows], str]:
        shown = announced(message, None)
        override = self._rules.assignment.override(shown)
        if document_of(shown, override) is None and not override.document:
            self._refuse_lost_document(shown, lsn)
            return None, f"relation {shown.qualified} is not a DynamoDB table and is skipped"
        relations = self._catalog.relations(message.id)
        root = self._root_of(message.id)
        current = root or next((each for each in relations if each.oid == message.id), None)
        shown = announced(message, current)
        if root is not None:
            # Its own rows were sent while the publication lacked publish_via_partition_root.
            shown = shown._replace(oid=root.oid, namespace=root.namespace, name=root.name)
        others = [each for each in relations if each.oid != shown.oid and each.place != shown.place]
        assignment = assign([*others, shown], self._tables.names(), self._rules.assignment)
        for problem in assignment.problems:
            raise LayoutError(shown.qualified, lsn, problem)
        assigned = assignment.of(shown.oid)
        if assigned is None or not assigned.included:
            return None, f"relation {shown.qualified} is excluded by the configuration: its rows are skipped"
        schema = self._tables.key_schema(assigned.table)
        if schema is None:
            return None, f"relation {shown.qualified} has no DynamoDB table to write to: its rows are skipped"
        if root is not None:
            self._refuse_attached(message, root, lsn)
        if self._took_its_place(assigned, current, relations, lsn):
            return None, f"relation {shown.qualified} was dropped: the rows of this older table are skipped"
        rows = self._mapped(message, assigned, current, schema, lsn)
        return rows, f"relation {shown.qualified} is DynamoDB table {rows.table}, {rows.described()}"

    def entries(self, message: Change, lsn: int) -> Tuple[str, Sequence[Entry]]:
        """The table and its puts and deletes. ("", ()) for a relation that is skipped.

        Raises LayoutError for a row that cannot be mapped, or whose relation was not announced.
        """
        rows = self._of(message.relation, lsn)
        if rows is None:
            return _NONE
        if isinstance(message, Insert):
            return rows.table, rows.insert(message, lsn)
        if isinstance(message, Delete):
            return rows.table, rows.delete(message, lsn)
        return rows.table, rows.update(message, lsn)

    def key_json(self, relation: int, document: bytes) -> bytes:
        """The key of an item that `entries` has just returned for this relation, as DynamoDB JSON."""
        rows = self._rows[relation]
        assert rows is not None
        return rows.key_json(document)

    def truncate(self, message: Truncate, lsn: int) -> Optional[Truncated]:
        """Returns None where only skipped relations were emptied. Raises TruncateError unless configured to
        delete, and PartitionTruncatedError for a partition."""
        for oid in message.relations:
            root = self._root_of(oid)
            if root is not None and self._of(oid, lsn) is not None:
                leaf = self._partitions[oid]
                raise PartitionTruncatedError(f"{leaf.namespace}.{leaf.name}", root.qualified, lsn)
        truncated = {rows.table for rows in (self._of(each, lsn) for each in message.relations) if rows}
        tables = tuple(sorted(truncated))
        if tables and not self._deletes:
            raise TruncateError(tables, lsn)
        return Truncated(tables, lsn) if tables else None

    def _of(self, relation: int, lsn: int) -> Optional[Rows]:
        refused = self._refused.get(relation)
        if refused is not None:
            raise refused.at(lsn) if isinstance(refused, LayoutError) else refused
        if relation in self._partitions and relation not in self._rows:
            self._rows[relation], _ = self._read(self._partitions[relation], lsn)
        try:
            return self._rows[relation]
        except KeyError:
            raise LayoutError(
                f"with oid {relation}", lsn, "it was not announced in this session. Restart the job"
            ) from None

    def _is_current(self, oid: int) -> bool:
        """Whether the database has a table of this oid that is not a partition."""
        return any(relation.oid == oid for relation in self._catalog.relations(oid))

    def _root_of(self, oid: int) -> Optional[RelationFacts]:
        """The root of which the relation is a partition now."""
        relations = self._catalog.relations(oid)
        return next((root for root in relations if root.partition(oid) is not None), None)

    @staticmethod
    def _refuse_attached(message: Relation, root: RelationFacts, lsn: int) -> None:
        """Raises AttachedError for a partition that was a table before: its rows may be older than those that
        its root has for the same keys."""
        partition = root.partition(message.id)
        if partition is not None and not partition.created_attached:
            raise AttachedError(f"{message.namespace}.{message.name}", root.qualified, lsn)

    def _refuse_lost_document(self, shown: RelationFacts, lsn: int) -> None:
        table = next((table for table, oid in self._memory.relations.items() if oid == shown.oid), None)
        if table is not None:
            raise LayoutError(
                shown.qualified,
                lsn,
                f"it was DynamoDB table {table} and no longer has its column {DOCUMENT}. Remove it from the "
                f"publication, or configure the column that holds the document",
            )

    def _took_its_place(
        self,
        assigned: Assigned,
        current: Optional[RelationFacts],
        relations: Sequence[RelationFacts],
        lsn: int,
    ) -> bool:
        """Whether the table is known to belong to another relation, which exists, while this one was dropped
        or renamed: the change is older than a start without the state, or than a replay.

        Raises DroppedError if another relation has fed the table until here."""
        relation = assigned.relation
        known = self._memory.feeding(assigned.table)
        if known and known != relation.oid and self._rules.dropped_fails:
            gone = current is None or current.place != relation.place
            if gone and any(each.oid == known for each in relations):
                return True
            raise DroppedError(assigned.table, relation.qualified, lsn)
        self._memory.relations[assigned.table] = relation.oid
        return False

    def _mapped(
        self,
        message: Relation,
        assigned: Assigned,
        current: Optional[RelationFacts],
        schema: KeySchema,
        lsn: int,
    ) -> Rows:
        def sample(columns: Sequence[str]) -> List[Sample]:
            return self._catalog.sample(current, assigned.document, columns) if current else []

        relation = assigned.relation
        given = self._rules.assignment.override(relation).keys
        proven = self._memory.keys.get(str(relation.oid), {})
        try:
            keys = find_keys(assigned, schema, given, proven, sample)
        except (ValueError, TerminalError) as error:
            raise LayoutError(relation.qualified, lsn, str(error)) from None
        document = [column.name for column in message.columns].index(assigned.document)
        return Rows(message, assigned.table, schema, document, keys, self._noted(relation.oid))

    def _noted(self, oid: int) -> Callable[[Dict[str, str]], None]:
        def note(proven: Dict[str, str]) -> None:
            if proven:
                self._memory.keys[str(oid)] = proven

        return note

    def _once(self, name: str, text: str) -> Optional[str]:
        if self._notices.get(name) == text:
            return None
        self._notices[name] = text
        return text
