"""BatchWriteItem: when a write is reported, it is durable.

The forward and the reverse job write with `pipeline`, a check repairs with `writer`. They use these modules,
which are pure except for the last:

  pack         writes -> requests of up to 25 writes and 12 MB, and their bodies
  unprocessed  UnprocessedItems -> the writes that they belong to
  outcome      a response or a fault -> the writes that are done, to be sent again (a refused request in
               halves, down to the one item at fault) or dead letters, or the error that ends the job
  aimd         how many requests may be in flight: fewer when throttled, more again afterwards
  window       the outstanding requests of each table, and when it last took a write (pipeline only)
  attempt      one attempt of some writes, and what follows it (pipeline only)
  suspect      a single write that gets 5xx, and the witness that shows who is at fault (pipeline only)
  in_flight    many requests in flight from one thread
  from_settings  the store of dead letters

One thread writes, with many requests in flight over plain sockets: it uses a third of the CPU time of a pool
of threads, and no response waits for the interpreter lock.
"""
