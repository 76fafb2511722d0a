"""Responses of Flink's REST API -> the progress of a job, table by table."""
