"""What Flink calls the jobs, and how programs end."""

from __future__ import annotations

PREFIX = "polarshake "
FORWARD, CHECK, REVERSE = f"{PREFIX}forward", f"{PREFIX}check", f"{PREFIX}reverse"

OK, PROBLEM, UNKNOWN = 0, 1, 2
"""Exit codes of the command and of the jobs. PROBLEM: what was asked for is not so, or was refused. UNKNOWN:
it could not be found out, since the input is wrong or something does not answer."""
