"""A sign of life while something takes long."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import Callable, Iterator

SECONDS = 4.0
"""A user who has seen nothing for five seconds believes that the program hangs. On a busy machine a line is
late, so it is due earlier."""
FIRST = 0.5
"""The first beat is due after this part of the interval, because the program has taken time to start."""


@contextmanager
def heartbeat(beat: Callable[[float], None], every: float = SECONDS) -> Iterator[None]:
    """Call `beat` in a thread every few seconds while the block runs, with the seconds since its start.

    Beats have fixed times: one that takes long itself, because it asks a server, does not delay the next one.
    `beat` has returned, and is not called again, when the block ends.
    """
    end, began = threading.Event(), time.monotonic()

    def run() -> None:
        while not end.wait(until_next(time.monotonic() - began, every)):
            beat(time.monotonic() - began)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


@contextmanager
def while_silent(beat: Callable[[float], None], every: float = SECONDS) -> Iterator[Callable[[], None]]:
    """As `heartbeat`, but only while nothing else is shown.

    The block calls the function that it gets whenever it shows something.
    """
    shown = time.monotonic()

    def heard() -> None:
        nonlocal shown
        shown = time.monotonic()

    def tick(seconds: float) -> None:
        if time.monotonic() - shown >= every:
            heard()
            beat(seconds)

    with heartbeat(tick, every / 4):
        yield heard


def until_next(passed: float, every: float) -> float:
    """Seconds until the next beat, `passed` seconds after the start. Pure."""
    first = every * FIRST
    return first - passed if passed < first else every - (passed - first) % every
