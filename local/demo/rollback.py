"""The rollback demo: after the migration the application writes to PolarDB, and DynamoDB follows.

The slot is created after the forward job has stopped and before the application writes to PolarDB. It
therefore contains all writes of the application and none of the migration. The reverse job may be submitted
at any time and starts at the slot's position. `reverse.startPosition: now` would skip the writes before the
submission.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Iterator, List

from connectors.base.text import plural
from connectors.config import load
from connectors.config.settings import Settings
from connectors.reverse.validate import set_up, tear_down
from local.demo import job
from local.demo.migration import RATE, migrate
from local.demo.opening import Play
from local.demo.proof import prove, reverse
from local.demo.slot import WatchedSlot
from local.demo.story import Demo, end
from local.demo.watch import ENDED
from local.stack.description import variables
from local.stack.errors import StackError
from local.traffic import Client, Ledger, Traffic

WRITING_SECONDS = 15.0
"""How long the application writes while the job is running."""


class RollbackDemo(Demo):
    with_rollback = True

    def act(self, play: Play) -> bool:
        screen = self._screen
        end(play.servers.flink, migrate(play, screen), screen)
        settings = self._set_up(play)
        with _writing(play) as traffic:
            with screen.step("submit", job.REVERSE):
                job_id = job.submit_reverse(play.servers)
            slot = WatchedSlot(settings, lambda: _runs(play, job_id))
            self._follow(slot, traffic)
        equal = prove(play, reverse(play), screen, self._started)
        end(play.servers.flink, job_id, screen)
        self._tear_down(settings, WatchedSlot(settings, lambda: None))
        return equal

    def _set_up(self, play: Play) -> Settings:
        settings = load(job.reverse_settings(play.servers), {**os.environ, **variables(play.servers.stack)})
        ran: List[str] = []
        with self._screen.step("set up", job.SET_UP) as step:
            set_up(settings, ran.append)
            step.did = "created the publication, then the slot"
        self._say(ran)
        return settings

    def _follow(self, slot: WatchedSlot, traffic: Traffic) -> None:
        with self._screen.step("replicate", "the application writes to PolarDB, DynamoDB follows") as step:
            slot.until(lambda state: state.active, "active")
            step.did = f"slot {slot.name} is active: the job is reading it"
        with self._screen.step("write", "the application continues to write") as step:
            traffic.wait(WRITING_SECONDS)
            stats = traffic.stop()
            step.did = f"{plural(stats.applied, 'write')} to PolarDB, {stats.rate:.0f} per second"
        with self._screen.step("caught up", "waiting until the slot lag is 0") as step:
            state = slot.until(lambda state: state.lag == 0, "at the end of the log")
            step.did = f"slot lag {state.lag} bytes: all changes are durable in DynamoDB"

    def _tear_down(self, settings: Settings, slot: WatchedSlot) -> None:
        ran: List[str] = []
        with self._screen.step("release", job.TEAR_DOWN) as step:
            slot.until(lambda state: not state.active, "released")
            tear_down(settings, ran.append)
            if slot.poll() is not None:
                raise StackError(f"replication slot {slot.name} was not removed")
            step.did = f"slot {slot.name} was inactive and has been removed"
        self._say(ran)

    def _say(self, statements: List[str]) -> None:
        for statement in statements:
            self._screen.console.print(f"  {statement}", markup=False, soft_wrap=True)


@contextmanager
def _writing(play: Play) -> Iterator[Traffic]:
    """The same application, with the same ledger, connected to PolarDB."""
    ledger = Ledger.open(play.ledger, play.plan)
    assert isinstance(play.target, Client)
    traffic = Traffic(play.target, play.plan, ledger, RATE).start()
    try:
        yield traffic
    except BaseException:
        traffic.request_stop()
        raise
    finally:
        ledger.close()


def _runs(play: Play, job_id: str) -> None:
    status = play.servers.flink.job_status(job_id)
    if status in ENDED:
        raise StackError(f"the reverse job is {status}; see the logs of Flink for the cause")
