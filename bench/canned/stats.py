"""What the server counts; read at `/_stats`."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any, Callable, Dict, Optional


class Stats:
    """Times are epoch seconds. `held` counts the requests that wait at the closed gate."""

    def __init__(self) -> None:
        self.scanned = 0
        self.records = 0
        self.held = 0
        self.written: Dict[str, int] = {}
        self.units: Dict[str, float] = {}
        """Read capacity units, by side."""
        self.requests: Dict[str, int] = Counter()
        self.opened_at: Optional[float] = None
        self.last_write_at: Optional[float] = None
        self.distinct: Callable[[], Optional[Dict[str, int]]] = lambda: None
        self.differing: Callable[[], Optional[int]] = lambda: None

    def open(self) -> None:
        self.held = 0
        self.opened_at = time.time()

    def as_dict(self) -> Dict[str, Any]:
        return {
            "items_scanned": self.scanned,
            "records_read": self.records,
            "items_written": sum(self.written.values()),
            "written_by_table": self.written,
            "distinct_by_table": self.distinct(),
            "differing": self.differing(),
            "units": self.units,
            "requests": dict(self.requests),
            "held": self.held,
            "opened_at": self.opened_at,
            "last_write_at": self.last_write_at,
            "cpu_seconds": time.process_time(),
        }
