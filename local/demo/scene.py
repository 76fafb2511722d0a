"""The state of the migration that the screen shows."""

from __future__ import annotations

from typing import NamedTuple, Optional

from connectors.command.progress.rates import ProgressRates
from connectors.command.progress.snapshot import JobProgress
from local.traffic import Stats


class Scene(NamedTuple):
    """`job` is None until the first answer of Flink."""

    job: Optional[JobProgress]
    rates: ProgressRates
    traffic: Stats
    writing: bool
    """Whether the application is still writing."""
    address: str
    """URL of the Flink UI."""
