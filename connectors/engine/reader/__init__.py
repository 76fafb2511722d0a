"""A reader's splits: read ahead within a budget of bytes (prefetch), emitted in turn (reader_shard)."""
