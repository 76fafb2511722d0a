"""From a polling thread to any number of open pages."""

from __future__ import annotations

import asyncio
import threading
from typing import AsyncIterator, Callable, Generic, TypeVar

T = TypeVar("T")


class DocumentFeed:
    """The latest message, for use in the event loop. A slow page skips messages: each contains everything."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._number, self._body, self._closed = 0, b"", False

    @property
    def latest(self) -> bytes:
        return self._body

    def publish(self, body: bytes) -> None:
        self._number, self._body = self._number + 1, body
        self._wake()

    def close(self) -> None:
        """End all readers."""
        self._closed = True
        self._wake()

    async def messages(self) -> AsyncIterator[bytes]:
        """The latest message, then each that follows."""
        number = 0
        while not self._closed:
            if number < self._number:
                number = self._number
                yield self._body
            else:
                await self._changed.wait()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class Repeater(Generic[T]):
    """Calls a function again and again in a daemon thread, which a service that hangs cannot keep from ending
    with the process."""

    def __init__(
        self, work: Callable[[], T], first: T, seconds: float, failed: Callable[[Exception], T]
    ) -> None:
        """`first`: the result until `work` has returned once. `failed`: the result in place of an exception
        that `work` does not expect, so that the thread never ends unnoticed."""
        self._work, self._latest, self._seconds, self._failed = work, first, seconds, failed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def latest(self) -> T:
        return self._latest

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._latest = self._work()
            except Exception as error:
                self._latest = self._failed(error)
            self._stop.wait(self._seconds)
