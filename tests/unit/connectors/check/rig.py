"""A lane with two sides in memory. Time advances when the lane waits, and the lane can be killed at any
step."""

from __future__ import annotations

import json
from concurrent.futures import Executor, Future
from typing import Any, Callable, Dict, List

from connectors.base.timing import Clocks
from connectors.check import notices
from connectors.check.convergence import ConvergenceRules
from connectors.check.lane import CheckLane, CheckOutcome, CheckPolicy
from connectors.check.report.difference import Difference, decode
from connectors.model.records import LaneNotice, Part
from tests.fakes.access import Items, TwoSides
from tests.fakes.bulk import MemoryBulk
from tests.fakes.notices import plan

RULES = ConvergenceRules(settle=20.0, window=5.0)


class AtOnce(Executor):
    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(*arguments, **named))
        except BaseException as error:
            future.set_exception(error)
        return future


class Rig:
    def __init__(self, source: Items, target: Items, policy: CheckPolicy = CheckPolicy(RULES)) -> None:  # noqa: B008
        self.now, self._policy = 1000.0, policy
        self.wall_ahead = 1_796_000_000.0
        """Seconds between the monotonic clock and the wall clock; a step of the latter changes it."""
        self.sides = TwoSides(source, target, lambda: self.now)
        self.bulk = MemoryBulk()
        self.entries: Dict[str, bytes] = {}
        self.told: List[str] = []
        self.begin()

    def begin(self) -> None:
        """Start a new process with the stored state."""
        self.lane = CheckLane(
            0,
            self._policy,
            self.sides,
            self.bulk,
            AtOnce(),  # type: ignore[arg-type]
            list(self.entries.items()),
            Clocks(lambda: self.now, lambda: self.now + self.wall_ahead),
        )

    def apply(self, parts: List[Part]) -> None:
        self._keep(self.lane.apply(parts))

    def scan(self) -> None:
        for of_target in (False, True):
            for parts in self.sides.pages(of_target):
                self.apply(parts)

    def step(self) -> bool:
        """Make a step. Returns False if the lane needs no further step."""
        pause = self.lane.pause()
        if pause is None:
            return False
        self.now += pause
        self._keep(self.lane.step())
        return True

    def run(self, most: int = 5000) -> None:
        for _ in range(most):
            if not self.step():
                return
        raise AssertionError(f"not done after {most} steps")

    def announce(self) -> None:
        self.apply([LaneNotice(plan())])

    @property
    def reported(self) -> Dict[int, Difference]:
        found = map(notices.decode, self.told)
        lines = [decode(each.line) for each in found if isinstance(each, notices.DifferenceFound)]
        return {int(json.loads(bytes(line.key))["id"]["N"]): line for line in lines}

    @property
    def done(self) -> bool:
        return any(isinstance(each, notices.TableChecked) for each in map(notices.decode, self.told))

    @property
    def counts(self) -> Any:
        return self.lane.tables["t"].counts

    def _keep(self, outcome: CheckOutcome) -> None:
        self.entries.update(outcome.changed.puts)
        for name in outcome.changed.removes:
            self.entries.pop(name, None)
        self.told += outcome.notices
