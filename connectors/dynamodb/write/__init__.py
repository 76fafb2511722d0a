"""BatchWriteItem: writes in, durable out.

A call of `BatchWriter.write` goes through these, all but the last two pure:

  pack         writes -> requests of up to 25 writes and 12 MB
  unprocessed  what the service left over -> the writes it means
  bisect       a refused request -> its halves, down to the one item that is at fault
  outcome      an answer or a fault -> what is done, what goes again, what is dead, what ends the job
  window       how many requests may be in flight: fewer when throttled, more again after
  flights      many requests in flight from one thread
  writer       the loop

One thread writes: with many requests in flight over plain sockets it spends a third of the CPU that a
pool of threads does, and no answer waits for the interpreter lock.
"""
