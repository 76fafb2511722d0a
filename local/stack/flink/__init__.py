"""A real Flink cluster out of the Python wheel: JobManager and TaskManagers as processes of their own."""
