"""The command-line tool `polarshake`. No job imports this package.

app        the command, and its subcommands
complain   shows an error and its exit code
init       writes an application.yaml
doctor     checks everything that a job needs, before it starts
status     shows the progress of the jobs
cutover    the subcommands cutover and rollback
letters    handles the items that a target has rejected
progress   the progress of a job, from Flink's REST API (for status and cutover)
estimate   duration and cost of a migration (for doctor)
"""
