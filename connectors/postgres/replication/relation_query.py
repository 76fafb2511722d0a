"""The relations in PostgreSQL's catalog. Read only."""

from __future__ import annotations

from typing import Any, Tuple

from connectors.postgres.layout.relations import ColumnFacts, Partition, RelationFacts

_RELATIONS = """
SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relreplident::text,
       coalesce((SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place), pg_attribute a
        WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate AND k.place <= i.indnkeyatts
          AND CASE c.relreplident WHEN 'i' THEN i.indisreplident WHEN 'd' THEN i.indisprimary END
          AND a.attrelid = c.oid AND a.attnum = k.attnum), '{}'),
       (SELECT coalesce(json_agg(json_build_array(a.attname, a.atttypid::int8, (
            WITH RECURSIVE types AS (
                SELECT t.oid, t.typtype, t.typbasetype FROM pg_type t WHERE t.oid = a.atttypid
                UNION ALL
                SELECT t.oid, t.typtype, t.typbasetype FROM types d JOIN pg_type t ON t.oid = d.typbasetype
                WHERE d.typtype = 'd')
            SELECT oid::int8 FROM types WHERE typtype <> 'd'), a.attgenerated <> '', a.atttypmod)
            ORDER BY a.attnum), '[]')
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       c.relkind = 'p', c.relpersistence = 'u',
       (SELECT a.xmin::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = -1),
       CASE c.relkind WHEN 'p' THEN
         (SELECT json_agg(json_build_array(l.oid::int8, m.nspname, l.relname, l.relreplident,
              h.attached, h.created_attached, l.reltoastrelid::int8,
              l.reltablespace || '/' || l.relfilenode, l.reltuples < 0, l.relpersistence = 'u'))
          FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid
          JOIN pg_namespace m ON m.oid = l.relnamespace CROSS JOIN LATERAL (
            SELECT string_agg(i.xmin::text, '/' ORDER BY i.inhrelid), bool_and(i.xmin::text = a.xmin::text)
            FROM pg_partition_ancestors(l.oid) p JOIN pg_inherits i ON i.inhrelid = p.relid
            JOIN pg_attribute a ON a.attrelid = p.relid AND a.attnum = -1) h(attached, created_attached)
          WHERE t.isleaf AND t.relid <> c.oid) END,
       c.reltoastrelid::int8
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence IN ('p', 'u') AND NOT c.relispartition
  AND n.nspname !~ '^(pg_|information_schema$)'
ORDER BY 2, 3
"""
"""A key that is checked at the commit only cannot be a replica identity. Every table has the attribute -1,
which nothing changes after the table's creation."""


def read_relations(cursor: Any) -> Tuple[RelationFacts, ...]:
    """Raises psycopg2.Error."""
    cursor.execute(_RELATIONS)
    return tuple(
        RelationFacts(
            oid,
            namespace,
            name,
            identity,
            tuple(key),
            tuple(ColumnFacts(*column) for column in columns),
            partitioned,
            unlogged,
            created,
            tuple(Partition(*partition) for partition in partitions or ()),
            toast,
        )
        for (
            oid,
            namespace,
            name,
            identity,
            key,
            columns,
            partitioned,
            unlogged,
            created,
            partitions,
            toast,
        ) in cursor.fetchall()
    )
