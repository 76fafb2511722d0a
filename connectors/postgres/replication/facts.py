"""PostgreSQL's state as far as replication depends on it: server, role, tables, slots, publications. Read
only."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from connectors.postgres.layout.overrides import DOCUMENT


class RelationFacts(NamedTuple):
    """An ordinary or partitioned table."""

    namespace: str
    name: str
    identity: str
    """pg_class.relreplident: d (primary key), n (nothing), f (whole row) or i (an index)."""
    keyed: bool
    """It has a primary key or, with identity i, that index."""
    document: bool
    """It has the document column."""

    @property
    def identified(self) -> bool:
        """Whether UPDATE and DELETE work on it while it is published."""
        return self.identity == "f" or (self.identity in "di" and self.keyed)


class SlotFacts(NamedTuple):
    """A row of pg_replication_slots. Positions are integers."""

    name: str
    plugin: Optional[str]
    kind: str
    database: Optional[str]
    active_pid: Optional[int]
    restart_lsn: Optional[int]
    confirmed_lsn: Optional[int]
    wal_status: Optional[str]
    """lost: WAL that it needs was removed."""
    conflicting: bool
    current_lsn: int
    """The current end of the log."""


class Publication(NamedTuple):
    name: str
    all_tables: bool
    operations: Tuple[bool, bool, bool, bool]
    """insert, update, delete, truncate."""
    tables: Tuple[Tuple[str, str], ...]
    """(schema, name) of all its tables, also with FOR ALL TABLES."""


class Facts(NamedTuple):
    version: int
    """Such as 160004."""
    wal_level: str
    in_recovery: bool
    database: str
    replication: bool
    """The role may replicate."""
    relations: Tuple[RelationFacts, ...]
    slots: Dict[str, SlotFacts]
    publications: Dict[str, Publication]
    encoding: str = "UTF8"
    """The database's encoding."""


_SERVER = """
SELECT current_setting('server_version_num')::int, current_setting('wal_level'), pg_is_in_recovery(),
       current_database(), current_setting('server_encoding'),
       (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user)
"""
_RELATIONS = """
SELECT n.nspname, c.relname, c.relreplident::text,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid
               AND CASE c.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END),
       EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = %s AND NOT a.attisdropped)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname !~ '^(pg_|information_schema$)'
ORDER BY 1, 2
"""
_SLOTS = """
SELECT slot_name, plugin, slot_type, database, active_pid, restart_lsn - '0/0'::pg_lsn,
       confirmed_flush_lsn - '0/0'::pg_lsn, wal_status, {conflicting},
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END
           - '0/0'::pg_lsn
FROM pg_replication_slots WHERE slot_name = ANY(%s)
"""
_PUBLICATIONS = """
SELECT p.pubname, p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
       ARRAY(SELECT ARRAY[t.schemaname::text, t.tablename::text] FROM pg_publication_tables t
             WHERE t.pubname = p.pubname)
FROM pg_publication p WHERE p.pubname = ANY(%s)
"""


def look(connection: Any, slots: Sequence[str], publications: Sequence[str]) -> Facts:
    """Read them all. Raises psycopg2.Error."""
    with connection.cursor() as cursor:
        cursor.execute(_SERVER)
        version, wal_level, in_recovery, database, encoding, replication = cursor.fetchone()
        cursor.execute(_RELATIONS, (DOCUMENT,))
        relations = tuple(RelationFacts(*row) for row in cursor.fetchall())
        cursor.execute(_PUBLICATIONS, (list(publications),))
        existing = [Publication(r[0], r[1], r[2:6], tuple(map(tuple, r[6]))) for r in cursor.fetchall()]
    existing_slots = look_at_slots(connection, slots)
    return Facts(
        version,
        wal_level,
        in_recovery,
        database,
        bool(replication),
        relations,
        {slot.name: slot for slot in existing_slots},
        {publication.name: publication for publication in existing},
        encoding,
    )


def look_at_slots(connection: Any, slots: Sequence[str]) -> List[SlotFacts]:
    """Read those of the slots that exist. Raises psycopg2.Error."""
    # The column exists since PostgreSQL 16; before, a conflict never invalidated a slot of a primary.
    conflicting = "coalesce(conflicting, false)" if connection.server_version >= 160000 else "false"
    with connection.cursor() as cursor:
        cursor.execute(_SLOTS.format(conflicting=conflicting), (list(slots),))
        return [
            SlotFacts(
                row[0],
                row[1],
                row[2],
                row[3],
                row[4],
                _whole(row[5]),
                _whole(row[6]),
                row[7],
                row[8],
                int(row[9]),
            )
            for row in cursor.fetchall()
        ]


def _whole(number: Any) -> Optional[int]:
    return None if number is None else int(number)
