"""A reader's splits: prefetched within a budget of bytes (prefetch), emitted in turn (reader_shard)."""
