"""The structure that all jobs share. Pure; `flink` runs it.

The forward job: ticks -> enumerator -> workers. The check: ticks -> enumerator -> readers -> lanes -> end.

components   the contracts that each job implements and engine/flink runs
enumerator   decides what the readers or workers do: tables, their steps, orders
worker       reads its splits and writes what they read
board        what the workers report to the enumerator
reader       the check's readers: prefetch splits and emit the results
flink        the graph and its functions
"""
