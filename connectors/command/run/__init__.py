"""`polarshake run`: submits a job with `flink run -py`, as the documentation does."""
