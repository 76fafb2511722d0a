"""DynamoDB Streams: finds the shards to read, and reads each from its position to its end.

calls, http  the API: DescribeStream, GetShardIterator, GetRecords; over the signed client
lineage      the state of a stream's shards
tracking     a listing -> shards to read, to forget, and gaps (a shard has split)
shard_set    a reader's shards of a stream: a child only after its parent
shard        one shard as a split, which uses
cursor       iterators, faults and pauses
records      a GetRecords body -> changes
position     how far a shard has been read, as a sequence number and a time
anchor       where a stream is read again after a pause
gap          whether records were trimmed before they were read
"""
