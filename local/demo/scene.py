"""What there is to show at one moment of the migration."""

from __future__ import annotations

from typing import NamedTuple, Optional

from connectors.command.progress.rates import ProgressRates
from connectors.command.progress.snapshot import JobProgress
from local.traffic import Stats


class Scene(NamedTuple):
    """`job` is None until Flink has answered for the first time."""

    job: Optional[JobProgress]
    rates: ProgressRates
    traffic: Stats
    writing: bool
    """Whether the application still writes."""
    address: str
    """Of the Flink UI."""
