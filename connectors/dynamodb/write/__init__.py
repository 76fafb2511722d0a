"""BatchWriteItem: writes in, durable out.

A call of `BatchWriter.write` goes through these, all but the last two of them pure:

  pack         writes -> requests of up to 25 writes and 12 MB, and the order in which they are sent
  unprocessed  what the service left over -> the writes it means
  outcome      an answer or a fault -> what is done, what is sent again (a refused request by halves, down to
               the one item that is at fault), what is dead, what ends the job
  aimd         how many requests may be in flight: fewer when throttled, more again after
  in_flight    many requests in flight from one thread
  writer       the loop

`from_settings` makes a lane's writer.

One thread writes: with many requests in flight over plain sockets it spends a third of the CPU that a
pool of threads does, and no answer waits for the interpreter lock.
"""
