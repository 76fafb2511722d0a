"""BatchWriteItem: when a call returns, its writes are durable.

A call of `BatchWriter.write` uses these modules; all but the last two are pure:

  pack         writes -> requests of up to 25 writes and 12 MB, and the order in which they are sent
  unprocessed  UnprocessedItems -> the writes that they belong to
  outcome      a response or a fault -> the writes that are done, to be sent again (a refused request in
               halves, down to the one item at fault) or dead letters, or the error that ends the job
  aimd         how many requests may be in flight: fewer when throttled, more again afterwards
  in_flight    many requests in flight from one thread
  writer       the loop

`from_settings` creates a lane's writer.

One thread writes, with many requests in flight over plain sockets: it uses a third of the CPU time of a pool
of threads, and no response waits for the interpreter lock.
"""
