"""A sign of life while something takes long."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import Callable, Iterator

SECONDS = 5.0
"""A user who has seen nothing for longer believes that the program hangs."""


@contextmanager
def heartbeat(beat: Callable[[float], None], every: float = SECONDS) -> Iterator[None]:
    """Call `beat` in a thread every few seconds while the block runs, with the seconds since its start.

    `beat` has returned, and is not called again, when the block ends.
    """
    end, began = threading.Event(), time.monotonic()

    def run() -> None:
        while not end.wait(every):
            beat(time.monotonic() - began)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
