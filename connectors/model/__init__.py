"""Values that the parts of a job exchange and store.

keys, spelling     the primary key of a table, and the one spelling of each value
canonical          an item in the one form in which two items are compared
item_digests       the digests of many items of one table, for the check
nesting            JSON that is nested too deeply for the decoder
pages, pipeline    what the forward job's workers use: the contract of a split, and of a target's writes
steps              the steps of a table's copy: scan and stream in turn
digests            what identifies a key, and assigns it to a lane of the check
records, orders    what readers send to lanes, and what the enumerator sends to readers
notices            what enumerator and lanes report to the end of a job
splits, assignment what a reader of the check reads: the contract of a split; a shard of a stream
state              entries of Flink's state, as a change
writes             one write, and the contract of the check's writer
dead_letters       items that the target rejects, stored in files; letter_count is their number,
                   stored_letters reads them
origin             the mark by which the reverse job recognizes writes of the forward job
board              what the workers report to the enumerator, and the contract of its storage
commands           what operators want of a running job, and its answers: files in a durable place
sealing            JSON with a digest of itself, for files that must not be edited
key_record         the keys of the changes that the reverse job has read, as it stores them
metric_names       tables' names in Flink's metrics
events             what happens in a migration, for those who watch it
jobs               names of the jobs, exit codes
"""
