"""Continuously compares the position of a slot with the contents of DynamoDB."""

from __future__ import annotations

import threading
from typing import Callable, List, Set, Tuple

import psycopg2

from local.traffic.client import CallError


class Sampler:
    """Verifies two rules:

    1. The slot is never past a commit that is not in DynamoDB.
    2. The slot never goes back, unless PostgreSQL crashes, which writes a slot's position to disk only
       occasionally.

    `end_of_log` and `confirmed` return positions, `present` the keys that are in DynamoDB.
    """

    def __init__(
        self,
        end_of_log: Callable[[], int],
        confirmed: Callable[[], int],
        present: Callable[[], Set[str]],
        every: float = 0.05,
        crashes: bool = False,
    ) -> None:
        self.crashes = crashes
        self._end_of_log, self._confirmed, self._present, self._every = end_of_log, confirmed, present, every
        self._stop = threading.Event()
        self._commits: List[Tuple[int, str]] = []
        self.samples: List[int] = []
        self.wrong: List[str] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def committed(self, *keys: str) -> None:
        """Record a commit. Call it directly after the commit, when the end of the log is at or after it."""
        position = self._end_of_log()
        self._commits += [(position, key) for key in keys]

    def __enter__(self) -> Sampler:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def __exit__(self, *exc: object) -> None:
        self.stop()
        if exc[0] is None:
            self.check()

    def check(self) -> None:
        assert len(self.samples) > 3
        assert self.crashes or self.samples == sorted(self.samples)
        assert not self.wrong, self.wrong[:5]

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            try:
                confirmed = self._confirmed()
                present = self._present()
            except (psycopg2.Error, IndexError, CallError):
                continue  # a server is being killed
            self.samples.append(confirmed)
            missing = {key for position, key in list(self._commits) if position <= confirmed} - present
            if missing:
                self.wrong.append(f"the slot is at {confirmed}, and DynamoDB lacks {sorted(missing)[:3]}")
