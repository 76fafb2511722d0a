"""The local servers: each a class with `start()`, `wait_ready()`, `stop()`, `address` and `log`.

`make up` and the test fixtures use the same classes. Nothing here imports pyflink or a job.
"""
