"""PostgreSQL's state as far as replication depends on it: server, role, tables, slots, publications. Read
only."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from connectors.postgres.layout.relations import RelationFacts
from connectors.postgres.replication.continuity import PublicationIdentity
from connectors.postgres.replication.relation_query import read_relations


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
    two_phase: bool = False
    """It decodes prepared transactions before they commit."""


class Publication(NamedTuple):
    name: str
    all_tables: bool
    operations: Tuple[bool, bool, bool, bool]
    """insert, update, delete, truncate."""
    tables: Tuple[Tuple[str, str], ...]
    """(schema, name) of all its tables, also with FOR ALL TABLES. Of a partitioned table: the root with
    `via_root`, otherwise its partitions."""
    via_root: bool = True
    """Changes of partitions are sent as changes of their root."""
    filtered: Tuple[Tuple[str, str], ...] = ()
    """The tables with a row filter."""
    columns: Mapping[Tuple[str, str], Tuple[str, ...]] = {}
    """The columns that are sent, where the server says so: since PostgreSQL 15."""
    identity: PublicationIdentity = PublicationIdentity()


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
_SLOTS = """
SELECT slot_name, plugin, slot_type, database, active_pid, restart_lsn - '0/0'::pg_lsn,
       confirmed_flush_lsn - '0/0'::pg_lsn, wal_status, {conflicting},
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END
           - '0/0'::pg_lsn, two_phase
FROM pg_replication_slots WHERE slot_name = ANY(%s)
"""
_PUBLICATIONS = """
SELECT p.pubname, p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot,
       p.oid::text, p.xmin::text,
       (SELECT coalesce(json_object_agg(r.prrelid, r.oid || '/' || r.xmin::text), '{{}}')
        FROM pg_publication_rel r WHERE r.prpubid = p.oid),
       {schemas},
       (SELECT coalesce(json_agg(json_build_array(t.schemaname, t.tablename, {details})), '[]')
        FROM pg_publication_tables t WHERE t.pubname = p.pubname)
FROM pg_publication p WHERE p.pubname = ANY(%s)
"""
_DETAILS = "t.rowfilter IS NOT NULL, t.attnames"
_SCHEMAS = """(SELECT coalesce(json_object_agg(n.nspname, s.oid || '/' || s.xmin::text), '{}')
        FROM pg_publication_namespace s JOIN pg_namespace n ON n.oid = s.pnnspid WHERE s.pnpubid = p.oid)"""
"""These exist since PostgreSQL 15."""


def read_database(connection: Any, slots: Sequence[str], publications: Sequence[str]) -> Facts:
    """Read them all. Raises psycopg2.Error."""
    with connection.cursor() as cursor:
        cursor.execute(_SERVER)
        version, wal_level, in_recovery, database, encoding, replication = cursor.fetchone()
        relations = read_relations(cursor)
        newer = connection.server_version >= 150000
        details, schemas = (_DETAILS, _SCHEMAS) if newer else ("false, null", "'{}'::json")
        cursor.execute(_PUBLICATIONS.format(details=details, schemas=schemas), (list(publications),))
        existing = [_publication(row) for row in cursor.fetchall()]
    existing_slots = read_slots(connection, slots)
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


def server_start(connection: Any) -> str:
    """The start time of the server process, which no other process has: microseconds since 1970. Raises
    psycopg2.Error."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint::text")
        return str(cursor.fetchone()[0])


def _publication(row: Sequence[Any]) -> Publication:
    name, all_tables, *operations, via_root, oid, version, members, schemas, tables = row
    return Publication(
        name,
        all_tables,
        (operations[0], operations[1], operations[2], operations[3]),
        tuple((schema, table) for schema, table, _, _ in tables),
        via_root,
        tuple((schema, table) for schema, table, filtered, _ in tables if filtered),
        {(schema, table): tuple(names) for schema, table, _, names in tables if names is not None},
        PublicationIdentity(oid, version, members, schemas),
    )


def read_slots(connection: Any, slots: Sequence[str]) -> List[SlotFacts]:
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
                row[10],
            )
            for row in cursor.fetchall()
        ]


def _whole(number: Any) -> Optional[int]:
    return None if number is None else int(number)
