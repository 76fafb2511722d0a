"""The workers' side of the board: a thread that publishes each slot's newest document."""

from __future__ import annotations

import logging
import threading
from typing import Dict, Optional

from connectors.base.errors import TransientError
from connectors.base.timing import REAL, Timing
from connectors.engine.board.reader import place_of
from connectors.model import board
from connectors.model.board import Board, Document

log = logging.getLogger(__name__)

REPEAT_SECONDS = 10.0
"""A document is published again after this time even if it has not changed: an older one may have arrived
late and replaced it."""
RETRY_SECONDS = 1.0


class BoardPublisher:
    def __init__(self, store: Board, timing: Timing = REAL) -> None:
        self._store, self._timing = store, timing
        self._newest: Dict[str, bytes] = {}
        self._published: Dict[str, bytes] = {}
        self._at: Dict[str, float] = {}
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._error: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._run, name="board", daemon=True)

    def start(self) -> BoardPublisher:
        self._thread.start()
        return self

    def __call__(self, document: Document) -> None:
        """Publish it soon. Raises the error that ended the thread."""
        if self._error is not None:
            raise self._error
        place = place_of(document.run.split(".")[0], document.slot)
        encoded = board.encode(document)
        if self._newest.get(place) != encoded:
            self._newest[place] = encoded
            self._wake.set()

    def turn(self) -> None:
        """Publish what has changed or is due again."""
        now = self._timing.clock()
        for place, document in list(self._newest.items()):
            due = now - self._at.get(place, 0.0) >= REPEAT_SECONDS
            if document != self._published.get(place) or due:
                self._store.publish(place, document)
                self._published[place], self._at[place] = document, now

    def close(self) -> None:
        self._stopped.set()
        self._wake.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(REPEAT_SECONDS)
            self._wake.clear()
            try:
                self.turn()
            except TransientError as error:
                log.warning("the board cannot be written, will retry: %s", error)
                self._stopped.wait(RETRY_SECONDS)
                self._wake.set()
            except BaseException as error:  # passed to the worker, which raises it
                self._error = error
                return
