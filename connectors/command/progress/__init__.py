"""The progress of a job, table by table, from the responses of Flink's REST API.

flink, rest   the jobs of a cluster; one call of the API
read          responses -> progress, with
metrics       numbers by table, from the metrics of a job's subtasks
rates         speed and remaining time, from several polls
snapshot      the progress of a job at one moment
attention     which tables need attention, and the order in which tables are shown
health        what somebody must look at now, and what to do
states        a job's states as Flink names them
"""
