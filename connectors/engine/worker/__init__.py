"""A worker reads its splits and writes what it reads, without Flink between them.

pages     what was read and is not durable yet, and the position that follows from it
outbox    what is sent next: order per key, tables in turn
feed      one split, read ahead by the pool's threads
table     one table in one slot: its step, segments and shards
slot      the orders and the state of one worker slot
worker    the loop over all slots of a subtask
"""
