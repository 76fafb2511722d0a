"""A worker reads its splits and writes what it reads, without Flink between them.

pages        what was read and is not durable yet, and the position that follows from it
outbox       what is sent next: order per key, tables in turn
feed         one split, read ahead by the pool's threads
reads        which split is read next, and when
table        one table in one slot: its step, segments and shards
reading      the shards of one table's stream in one slot
slot         the orders and the state of one worker slot
counts       counters by table; gauges: what is computed once a second
environment  what a worker uses
worker       the loop over all slots of a subtask
"""
