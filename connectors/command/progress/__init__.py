"""The progress of a job, table by table, from the responses of Flink's REST API."""
