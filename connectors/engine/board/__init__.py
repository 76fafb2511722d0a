"""The board: what the workers report to the enumerator, the edge back that Flink lacks."""
