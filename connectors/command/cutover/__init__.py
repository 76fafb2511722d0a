"""`polarshake cutover` and `polarshake rollback`: the procedure as a checklist that checks itself.

A step reads facts (`ports`: Flink, the streams, the slots, the check's report) and returns a verdict: done,
or refused with what it saw and what to do. The decisions (`report_gate`, `quiescence`, `health`) are pure.
The journal, a file next to the check's report, records what was seen and done. Each step can therefore be run
again.
"""
