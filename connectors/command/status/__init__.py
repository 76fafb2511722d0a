"""`polarshake status`: the progress of the jobs of a Flink cluster, table by table."""
