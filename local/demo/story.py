"""The steps of the demo."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, suppress

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
    with_rollback = False

    def __init__(self, items: int, screen: Screen, target: str = "polardb") -> None:
        self._plan, self._screen = Plan(TABLES, items), screen
        self._started, self._target = time.monotonic(), target

    def run(self) -> bool:
        """Return whether both sides are equal. Raises the error that prevented the comparison."""
        expected = estimate(self._plan.items, self.with_rollback)
        self._screen.console.print(f"{plural(self._plan.items, 'item')}: expect {expected} on two cores")
        with ExitStack() as running:
            home = running.enter_context(local_servers.home())
            play = opened(home, self._plan, self._screen, self._target)
            equal = self.act(play)
            show_end(play.servers.flink, self._screen)
            with self._screen.step("end", "ending all servers") as step:
                running.close()
                step.did = "all servers have ended"
            return equal

    def act(self, play: Play) -> bool:
        """The part after loading. No job is running when it returns."""
        job_id = migrate(play, self._screen)
        equal = prove(play, forward(play), self._screen, self._started)
        end(play.servers.flink, job_id, self._screen)
        return equal


def end(flink: FlinkCluster, job_id: str, screen: Screen) -> None:
    with screen.step("stop", "stopping the job with a savepoint") as step:
        flink.stop_with_savepoint(job_id)
        flink.wait_status(job_id, "FINISHED")
        step.did = "the job has stopped with a savepoint"


def show_end(flink: FlinkCluster, screen: Screen) -> None:
    """On a terminal, print the Flink UI's URL and wait for Enter, so that the user can open it and the
    console. Without one, the servers end at once."""
    if sys.stdin.isatty():
        screen.console.print(f"  {'Flink UI':<10}{flink.address}", soft_wrap=True)
        with suppress(KeyboardInterrupt, EOFError):  # the result is already printed
            screen.console.input("\n  Press Enter to end all servers. ")
