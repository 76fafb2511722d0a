"""The command-line tool `polarshake`. No job imports this package.

app        the command, and its subcommands
columns    rows of words and a text whose paths and commands can be copied
complain   shows an error and its exit code
options    options that several subcommands share
init       writes an application.yaml
assess     looks at the source before anything is started, and writes a page
doctor     checks everything that a job needs, before it starts
run        submits a job
status     shows the progress of the jobs
console    shows the migration as a page in the browser
cutover    the subcommands cutover and rollback
table      commands to the running forward job: suspend, resume, copy again, release; throttle
letters    handles the items that a target has rejected
slot       creates and drops the slot of the reverse job
progress   the progress of a job, from Flink's REST API (for status, console and cutover)
estimate   duration and cost of a migration (for doctor and assess)
"""
