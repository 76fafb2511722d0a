"""What Flink's REST API says of a job -> how far it is, table by table."""
