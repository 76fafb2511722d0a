"""A check of the changes since an earlier check: its duration does not depend on the size of the tables.

The source's streams hold the key of every change for 24 hours. A generation reads them from where its
predecessor ended, compares exactly these keys, and writes a report with its chain of predecessors.
docs/how-it-works.md has the proof. No Flink: a generation runs in the process that starts it.

chain, link          the chain, as chain.json holds it; when it is broken. Pure
stored               chain.json in a folder or a bucket
skip                 the closed shards that the first generation need not read. Pure
table, reader        reading the shards of one table, and of all tables
origins              where the keys come from: the streams, or the record of the reverse job
record, log          reading that record; PolarDB's log and tables, and whether they are the same as before
sources              the tables and their streams, as the source describes them
comparing            comparing the keys, with the lanes of the check
generation, follow   one generation; generations one after another, for the user
"""
