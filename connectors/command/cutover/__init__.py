"""`polarshake cutover` and `polarshake rollback`: a checklist; each step verifies its own condition.

A step reads facts (`ports`: Flink, the streams, the slots, the check's report) and returns a verdict: done,
or refused, with what it observed and what to do. The decisions (`report_gate`, `quiescence`, `health`) are
pure. The journal, a file next to the check's report, records what was observed and done. Each step can
therefore be run again.

command                     the two subcommands
procedure, steps            the loop that runs the steps; the steps in order
check_steps, report_gate    the check, and whether its report proves that both sides are equal
chain_gate, changes         the same for a check of the changes, which runs in this process
foreign                     what others than the forward job have written at the target
check_progress, preview     progress lines of a running check; what could be verified now, for the console
stop_steps, quiescence      stopping a job, and the proof that writes have stopped
hand_over, holding          a group of tables: the running forward job lets go of it
share, control              which tables a cut-over moves; commands to the running job
reverse_steps, forward_steps   starting the job of the other direction (other_job) before the switch
turning                     the chain of checks when the application changes sides
health                      verdicts on the state of the job and of the slots
ports                       everything outside the process, as Protocols, implemented by
streams, postgres, submit   the jobs' metrics, the replication slots, `flink run`
journal, verdict            the record of the procedure; the result of a step
"""
