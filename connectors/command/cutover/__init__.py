"""`polarshake cutover` and `polarshake rollback`: a checklist of which each step verifies its own condition.

A step reads facts (`ports`: Flink, the streams, the slots, the check's report) and returns a verdict: done,
or refused, with what it observed and what to do. The decisions (`report_gate`, `quiescence`, `health`) are
pure. The journal, a file next to the check's report, records what was observed and done. Each step can
therefore be run again.
"""
