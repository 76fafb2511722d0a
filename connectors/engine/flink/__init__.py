"""The graph and its functions. Only this package and the `flink.py` of check and reverse import PyFlink.

graph, submit         the shape of each job; submitting it
tick                  the source that drives the enumerator, and never ends
enumerator            the enumerator operator
worker                the operator that reads and writes: forward job
reader                the reader operator: check
keyed, single, end    what operators share; operators with one subtask; the end of a job that has one
completion            when a job with an end is complete
keygroups             keys that Flink distributes evenly over its subtasks
store, metrics        a function's state entries; Flink metrics
gc_tuning             Python's garbage collector in a worker
light_client          the client's import of PyFlink without Apache Beam
"""
