"""A job's parts in one process, driven turn by turn until something holds."""

from __future__ import annotations

import time
from typing import Callable

PATIENCE_SECONDS = 60.0
"""Before a test gives up on what is to come: it costs nothing where it comes."""


class Paced:
    def turn(self) -> None:
        """A step of each part. Raises what a part raises, as it would fail the job: go on with `crash`."""
        raise NotImplementedError

    def standing(self) -> str:
        """What tells a job that is slow from one that stands still."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def _begin(self, first_attempt: bool) -> None:
        """Make the parts from the last cut."""
        raise NotImplementedError

    def run_until(self, done: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                raise AssertionError(f"not reached in {seconds:g} s: {self.standing()}")
            self.turn()

    def run_until_it_raises(self) -> None:
        """Within `pytest.raises`: how long it takes proves nothing."""
        self.run_until(lambda: False)

    def run_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn()

    def crash(self, first_attempt: bool = False) -> None:
        """Lose all but the last cut, and begin again. `first_attempt`: as a new run from a savepoint."""
        self.close()
        self._begin(first_attempt)
