"""`polarshake doctor`: checks everything that can be checked before a job starts.

It writes nothing but a probe in each durable place.

command, show             the subcommand, and its output
line                      the result of one check
sides                     opens the databases of each job, for
forward, check, reverse   the lines about the sides of one job, with
tables, rights, calls     the lines about tables and IAM actions; the operations that the service has allowed
replication               the lines about PostgreSQL's replication
cluster, storage          the lines about the Flink cluster, and about durable places
estimate                  the lines about duration and cost
"""
