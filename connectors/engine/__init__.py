"""The structure that all jobs share: ticks -> enumerator -> readers -> lanes -> notices. Pure; `flink` runs
it.

enumerator   decides what the readers do: tables, their phases, orders reader       prefetches its splits and
emits the results lane         writes the keys that hash to it, in order components   the contracts that each
job implements and engine/flink runs
"""
