"""Reading DynamoDB Streams: which shards exist, in which order they may be read, and one shard's records."""
