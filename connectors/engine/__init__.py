"""The structure that all jobs share. Pure; `flink` runs it.

copy:  ticks -> enumerator -> workers, and a board from the workers back to the enumerator
check: ticks -> enumerator -> readers -> lanes -> notices

components    the contracts that each job implements and engine/flink runs
enumerator    decides what is read: tables, their phases, orders
worker        reads its splits and writes what they read
board         what the workers report to the enumerator
reader        prefetches its splits and emits the results to the lanes
budget        the limit of bytes that workers and readers hold
table_faults  which errors belong to one table, so that the others go on
flink         the graph and its functions
"""
