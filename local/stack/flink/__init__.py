"""A real Flink cluster from the Python wheel: JobManager and TaskManagers are separate processes."""
