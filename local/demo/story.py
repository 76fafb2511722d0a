"""The demo from its first line to its last."""

from __future__ import annotations

import sys
import time
from contextlib import suppress

from connectors.base.text import plural
from local.demo import servers as local_servers
from local.demo.estimate import estimate
from local.demo.migration import migrate
from local.demo.opening import Play, opened
from local.demo.proof import forward, prove
from local.demo.screen import Screen
from local.stack.flink.cluster import FlinkCluster
from local.traffic import Plan

TABLES = 3


class Demo:
    way_back = False

    def __init__(self, items: int, screen: Screen, target: str = "polardb") -> None:
        self._plan, self._screen = Plan(TABLES, items), screen
        self._started, self._target = time.monotonic(), target

    def run(self) -> bool:
        """Whether both sides are equal. Raises what kept it from finding out."""
        expected = estimate(self._plan.items, self.way_back)
        self._screen.console.print(f"{plural(self._plan.items, 'item')}: this takes {expected} on two cores")
        with local_servers.home() as home:
            play = opened(home, self._plan, self._screen, self._target)
            equal = self.act(play)
            show_end(play.servers.flink, self._screen)
            return equal

    def act(self, play: Play) -> bool:
        """What happens once the items are loaded; no job runs afterwards."""
        job_id = migrate(play, self._screen)
        equal = prove(play, forward(play), self._screen, self._started)
        end(play.servers.flink, job_id, self._screen)
        return equal


def end(flink: FlinkCluster, job_id: str, screen: Screen) -> None:
    with screen.step("stop", "ending the job with a savepoint") as step:
        flink.stop_with_savepoint(job_id)
        flink.wait_status(job_id, "FINISHED")
        step.did = "the job has ended with a savepoint"


def show_end(flink: FlinkCluster, screen: Screen) -> None:
    """On a terminal it waits, so that people can look around."""
    screen.console.print(f"  {'Flink UI':<10}{flink.address}", soft_wrap=True)
    if sys.stdin.isatty():
        with suppress(KeyboardInterrupt, EOFError):  # the verdict stands
            screen.console.input("\n  Press Enter to end all servers. ")
