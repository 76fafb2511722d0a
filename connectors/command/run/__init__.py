"""`polarshake run`: submits a job with `flink run -py`, as the documentation does.

command   the options, the output while the job is submitted, and the exit code
flink     where Flink is, and the words of the command
"""
