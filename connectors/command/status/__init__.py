"""`polarshake status`: what the jobs of a Flink cluster do, table by table."""
