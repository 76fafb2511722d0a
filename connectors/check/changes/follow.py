"""Generations one after another, for the user."""

from __future__ import annotations

import time
from typing import Callable, Optional

import msgspec

from connectors.base.errors import TransientError
from connectors.base.text import duration as spelled
from connectors.base.text import plural
from connectors.check.changes.generation import Generations
from connectors.check.changes.stored import latest_of, place_of_changes
from connectors.check.exit import show
from connectors.check.report.stored import absolute
from connectors.check.report.summary import Summary, Verdict, exit_code
from connectors.check.report.words import headline
from connectors.config.choices import FollowUntil
from connectors.config.settings import Settings
from connectors.model.jobs import UNKNOWN

SAY_SECONDS = 3.0
"""Interval of progress lines."""
LEAST_SECONDS = 15.0
"""Seconds between the begins of two generations that follow each other by themselves."""
RETRY_SECONDS = 10.0
Say = Callable[[str], None]


def say_at_once(text: str) -> None:
    print(text, flush=True)  # `flink run` reads from a pipe


def check_changes(settings: Settings, say: Say = say_at_once) -> int:
    """Run one generation after the check of `check.since`, or one after another. Returns the exit code.

    Raises BrokenChain, TerminalError and TransientError.
    """
    since = absolute(settings.check.since or "")
    place = place_of_changes(since, settings.check.report)
    follower = Follower(settings, since, place, say)
    try:
        if not settings.check.follow:
            return _shown(follower.once(), place, settings)
        follower.run(settings.check.until is FollowUntil.QUIET)
    except KeyboardInterrupt:
        say("stopped; the next check with --since continues from the last generation")
    return UNKNOWN if follower.last is None else exit_code(follower.last)


class Follower:
    def __init__(self, settings: Settings, since: str, place: str, say: Say) -> None:
        """`since`, `place`: of the predecessor's report, and of the next one."""
        self._settings, self._since, self._place = settings, since, place
        self._say, self._said = say, time.monotonic()
        self.last: Optional[Summary] = None

    def once(self) -> Summary:
        generations = self._open()
        try:
            return generations.next()
        finally:
            generations.close()

    def run(self, until_quiet: bool) -> None:
        """Run generations until the end that was asked for. A transient fault is reported, and retried from
        the last generation."""
        while True:
            try:
                self._follow(until_quiet)
                return
            except TransientError as error:
                self._say(f"{error}; again in {spelled(RETRY_SECONDS)}")
                time.sleep(RETRY_SECONDS)

    def _follow(self, until_quiet: bool) -> None:
        generations = self._open()
        try:
            while True:
                began = time.monotonic()
                self.last = generations.next(read_on=True)
                self._say(line_of(self.last, generations.waiting_keys))
                if until_quiet and not self.last.totals.compared and self.last.verdict is Verdict.EQUAL:
                    return
                generations.read_until(began + LEAST_SECONDS)
        finally:
            generations.close()

    def _open(self) -> Generations:
        chain = latest_of(self._since, self._settings)
        return Generations(self._settings, chain, self._place, self._progress)

    def _progress(self, generations: Generations) -> None:
        now = time.monotonic()
        if now - self._said < SAY_SECONDS:
            return
        self._said = now
        progress = generations.progress
        keys = plural(generations.waiting_keys, "key")
        if progress.comparing:
            compared = plural(progress.comparing, "key")
            self._say(
                f"generation {progress.generation}: comparing {compared}; the next one has {keys} so far"
            )
        else:
            self._say(f"generation {progress.generation}: {keys} so far")


def line_of(summary: Summary, waiting: int) -> str:
    """`generation 3: EQUAL SINCE THE FULL CHECK, 1,204 keys in 9 s; the next one has 31 keys so far`."""
    number, keys = summary.mode.generation, plural(summary.totals.compared, "key")
    differ = summary.totals.differences()
    differing = f", {differ:,} of them {'differs' if differ == 1 else 'differ'}" if differ else ""
    return (
        f"generation {number}: {headline(summary)}, {keys} in {spelled(summary.seconds)}{differing}; "
        f"the next one has {plural(waiting, 'key')} so far"
    )


def _shown(summary: Summary, place: str, settings: Settings) -> int:
    return show(msgspec.json.encode(summary).decode(), place, settings)
