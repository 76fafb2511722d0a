"""`polarshake status`: the progress of the jobs of a Flink cluster, table by table.

command      the options, and the exit code
observer     polls the jobs often enough to measure their speed
choose       which jobs are shown
view, plain  a job on a terminal; without a terminal
health       the findings of `--health` as lines
document     the output of `--json`
"""
