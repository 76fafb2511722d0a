"""The shape that all jobs share: ticks -> enumerator -> readers -> lanes -> notices. Pure; `flink` runs it.

enumerator   what the readers are to do: tables, their phases, orders
reader       reads its splits ahead, emits what they brought in
lane         writes the keys that hash to it, in order
components   what a job puts in: the contracts that engine/flink runs
"""
