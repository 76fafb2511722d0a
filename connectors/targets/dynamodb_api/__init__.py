"""PolarDB's DynamoDB endpoint, or another endpoint of the protocol, as a target.

target                the contract of a target, for all jobs
tables                the tables, as the forward job creates and writes them
origin_table, board   the job's own table: origin marks, and what the workers report
limits                what PolarDB refuses of an item, without a connection
preflight             the checks before the forward job starts
check_side, definitions, examination, missing
                      what the check reads
"""
