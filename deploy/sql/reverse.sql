-- What the reverse job's role may do, and what it reads. Run as the privileged account that owns the database:
--   psql -h PRIMARY -U ADMIN -d polardb_internal_dynamodb -v role=ROLE -v slot=flink_slot -v publication=dbz_publication -v database=polardb_internal_dynamodb -f deploy/sql/reverse.sql
-- wal_level must be logical. The role needs no SELECT: the changes come by replication alone.

-- Logging in and replicating, and nothing else.
ALTER ROLE :"role" WITH LOGIN REPLICATION;
GRANT CONNECT ON DATABASE :"database" TO :"role";

-- The publication comes before the slot: changes that a slot decodes without it can fail. FOR ALL TABLES makes
-- UPDATE and DELETE fail on a table without a replica identity; this lists such tables and must be empty.
SELECT oid::regclass AS without_replica_identity FROM pg_class c
WHERE relkind IN ('r', 'p') AND relpersistence = 'p' AND relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'
  AND (relreplident = 'n' OR relreplident = 'd' AND NOT EXISTS (
    SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary));
CREATE PUBLICATION :"publication" FOR ALL TABLES;

-- From here on the server keeps WAL for the slot: start the job soon, and drop the slot when it is not needed.
SELECT pg_create_logical_replication_slot(:'slot', 'pgoutput');
