"""The reverse job: PolarDB's replication slots -> DynamoDB. `components` puts its parts together.

validate, inspection, survey   the checks before the start; both databases as they are then
submission                     what the submission of a job without a savepoint has seen
planner, watch                 the enumerator, which assigns slots; it polls both databases
flink, reader                  the operator; the slots of one key of it
source                         one slot: a thread each for receiving, reading and writing
reading, batch, echo, moves    messages -> changes, without the forward job's own
writer, counts                 the thread that writes; the counters of one slot
foreign, foreign_watch         before the cut-over: writes at PolarDB that the forward job did not make
recording                      stores the keys of the changes, for the last check of a rollback
tables                         the DynamoDB tables
"""
