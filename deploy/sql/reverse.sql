-- Rights of the reverse job's role, the publication and the slot. Run as the privileged account that owns the database:
--   psql -h PRIMARY -U ADMIN -d polardb_internal_dynamodb -v role=ROLE -v slot=flink_slot -v publication=dbz_publication -v database=polardb_internal_dynamodb -f deploy/sql/reverse.sql
-- wal_level must be logical. The role needs no SELECT, because it receives changes only through replication.

-- The role may log in and replicate, and nothing else.
ALTER ROLE :"role" WITH LOGIN REPLICATION;
GRANT CONNECT ON DATABASE :"database" TO :"role";

-- Create the publication before the slot: a slot cannot decode changes from before the publication. FOR ALL TABLES
-- makes UPDATE and DELETE fail on tables without a replica identity; this query lists them and must return no rows.
SELECT oid::regclass AS without_replica_identity FROM pg_class c
WHERE relkind IN ('r', 'p') AND relpersistence = 'p' AND relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'
  AND (relreplident = 'n' OR relreplident = 'd' AND NOT EXISTS (
    SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary));
CREATE PUBLICATION :"publication" FOR ALL TABLES;

-- From now on the server retains WAL for the slot: start the job soon, and drop the slot when it is no longer needed.
SELECT pg_create_logical_replication_slot(:'slot', 'pgoutput');
