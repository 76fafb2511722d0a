"""Names of the jobs in Flink, and exit codes."""

from __future__ import annotations

PREFIX = "polarshake "
FORWARD, CHECK, REVERSE = f"{PREFIX}forward", f"{PREFIX}check", f"{PREFIX}reverse"

OK, PROBLEM, UNKNOWN, REJECTED = 0, 1, 2, 3
"""Exit codes of the command and of the jobs.

PROBLEM: the result is negative, or the request was refused. UNKNOWN: there is no result, because the input is
invalid or a service does not respond. REJECTED: a job is finished, and the target has rejected some writes.
"""
