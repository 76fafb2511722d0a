"""A job's states as Flink's REST API names them."""

from __future__ import annotations

RUNNING, FINISHED, FAILED, CANCELED = "RUNNING", "FINISHED", "FAILED", "CANCELED"
ENDED = (FINISHED, FAILED, CANCELED)
