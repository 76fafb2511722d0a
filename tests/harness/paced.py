"""The parts of a job in one process, which run in turns until a condition is true."""

from __future__ import annotations

import time
from typing import Callable

PATIENCE_SECONDS = 300.0
"""Maximum wait for a condition. A long one costs nothing if the condition becomes true."""


class Paced:
    def turn(self) -> None:
        """Make a step of each part. An exception of a part is raised, because it would fail the job; continue
        with `crash`."""
        raise NotImplementedError

    def standing(self) -> str:
        """The state of the job, which shows whether it is slow or makes no progress."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def _begin(self, first_attempt: bool) -> None:
        """Create the parts from the last cut."""
        raise NotImplementedError

    def run_until(self, done: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                raise AssertionError(f"not reached in {seconds:g} s: {self.standing()}")
            self.turn()

    def run_until_it_raises(self) -> None:
        """Run until a part raises. For use within `pytest.raises`; the duration does not matter."""
        self.run_until(lambda: False)

    def run_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn()

    def crash(self, first_attempt: bool = False) -> None:
        """Discard everything except the last cut, and start again. `first_attempt`: as a new run from a
        savepoint."""
        self.close()
        self._begin(first_attempt)
