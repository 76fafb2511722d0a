"""Values that the parts of a job exchange and store.

keys, spelling     the primary key of a table, and the one spelling of each value
canonical          an item in the one form in which two items are compared
nesting            JSON that is nested too deeply for the decoder
digests            what identifies a key, and assigns it to a lane of the check
records, orders    what readers send to lanes, and what the enumerator sends to readers
notices            what enumerator and lanes report to the end of a job
splits, assignment what a reader of a check reads, and a shard of a stream
state              entries of Flink's state, as a change
writes             the contract of a writer
dead_letters       items that the target rejects, stored in files
origin             the mark by which the reverse job recognizes writes of the forward job
board              what the workers report to the enumerator, and the contract of its storage
jobs               names of the jobs, exit codes
"""
