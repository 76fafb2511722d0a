"""The readers of the check: each prefetches its splits within a limit of bytes and emits them in turn.

reader_shard   one reader: its orders, splits and state
prefetch       the threads that fetch for all splits of a reader
stepsize       how much one step may emit
tally          scan progress per table, kept in the state
"""
