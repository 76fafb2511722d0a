"""The structure that all jobs share. Pure; `flink` runs it.

copy:  ticks -> enumerator -> workers, and a board from the workers back to the enumerator
check: ticks -> enumerator -> readers -> lanes -> notices

enumerator   decides what is read: tables, their phases, orders
board        what the workers report to the enumerator
worker       reads its splits and writes what they read
reader       prefetches its splits and emits the results to the lanes
budget       the limit of bytes that workers and readers hold
components   the contracts that each job implements and engine/flink runs
"""
