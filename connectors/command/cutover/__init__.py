"""`polarshake cutover` and `polarshake rollback`: the procedure as a checklist that checks itself.

A step looks at facts (`ports`: Flink, the streams, the slots, the check's report) and gives a verdict: done,
or refused with what it saw and what to do. The decisions (`equality`, `quiet`, `standing`) are pure. What has
been seen and done stands in a protocol file beside the check's report, so that each step can be run again.
"""
