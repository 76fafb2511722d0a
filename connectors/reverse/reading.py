"""One slot's messages -> steps, in a thread of its own: it may ask DynamoDB about tables, and wait.

The protocol sends whole transactions in the order of their commits, so their changes can be handed over in
parts while they arrive; only the position waits for the commit.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import Callable, Deque, Iterator, List, Optional, Protocol, Set, Union

import msgspec

from connectors.model.lane_batch import Entry
from connectors.model.origin import TABLE as ORIGIN
from connectors.postgres.layout.layout import Layout, Truncated
from connectors.postgres.pgoutput.decoder import Decoder
from connectors.postgres.pgoutput.lsn import epoch_seconds, lsn_text
from connectors.postgres.pgoutput.messages import (
    Begin,
    Commit,
    Delete,
    Insert,
    Message,
    Relation,
    Truncate,
    Update,
)
from connectors.postgres.replication.inbox import Began, Data, Inbox, Keepalive
from connectors.reverse.batch import Gathering, SlotStep
from connectors.reverse.echo import HeldChange, HeldChanges

log = logging.getLogger(__name__)

STEP_BYTES = 256 << 10
STEP_SECONDS = 0.02
"""Changes wait at most this long for others to share their step."""
AHEAD = 8
"""Steps that may lie ready."""
IDLE_SECONDS = 0.01
_CHANGES = (Insert, Update, Delete)


class Emptying(Protocol):
    def keys(self, table: str) -> Iterator[List[Entry]]:
        """A delete for every item of a table, page by page."""
        ...


class Reading:
    """`ready` gives the next step; it raises what ended the reading."""

    def __init__(
        self,
        slot: str,
        lanes: int,
        inbox: Inbox,
        layout: Callable[[], Layout],
        emptying: Emptying,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`layout` makes one for each session: relations are announced anew."""
        self._slot, self._lanes, self._inbox = slot, lanes, inbox
        self._make_layout, self._emptying, self._clock = layout, emptying, clock
        self._steps: Deque[SlotStep] = deque()
        self._stopped, self._passed = threading.Event(), threading.Event()
        self._error: Optional[BaseException] = None
        self._session, self._in_transaction = "", False
        self._decoder, self._layout = Decoder(), layout()
        self._held, self._told = HeldChanges(), False
        self._origin_relations: Set[int] = set()
        self._thread = threading.Thread(target=self._run, name="reading", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def pending(self) -> bool:
        """Whether `ready` has something to give or to raise."""
        return bool(self._steps) or self._error is not None

    def ready(self) -> Optional[SlotStep]:
        if self._steps:
            return self._steps.popleft()
        if self._error is not None and not self._steps:
            raise self._error
        return None

    def passed(self) -> None:
        """All that was handed over up to the barrier is durable."""
        self._passed.set()

    def close(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                if len(self._steps) >= AHEAD or not self.turn():
                    self._inbox.check()
                    self._stopped.wait(IDLE_SECONDS)
        except BaseException as error:  # handed to the reader's step, which raises it
            self._error = error

    def turn(self) -> bool:
        """Make one step of what lies in the inbox; False when there was nothing."""
        gathering = Gathering(self._session, self._slot, self._lanes)
        until = self._clock() + STEP_SECONDS
        while gathering.size < STEP_BYTES and self._clock() < until:
            one = self._inbox.take()
            if one is None:
                break
            if isinstance(one, Began):
                self._hand_over(gathering)
                self._begin(one)
                return True
            if isinstance(one, Keepalive):
                if not self._in_transaction:
                    gathering.reached(one.wal_end, epoch_seconds(one.sent_at))
            else:
                gathering = self._take(one, gathering)
        return self._hand_over(gathering)

    def _hand_over(self, gathering: Gathering) -> bool:
        if not gathering.empty:
            self._steps.append(gathering.step())
        return not gathering.empty

    def _begin(self, began: Began) -> None:
        self._session, self._in_transaction = began.session, False
        self._decoder, self._layout = Decoder(), self._make_layout()
        self._held = HeldChanges()
        self._origin_relations.clear()

    def _take(self, data: Data, gathering: Gathering) -> Gathering:
        message = self._decoder.decode(data.payload, data.start)
        if isinstance(message, _CHANGES):
            self._change(message, data.start, gathering)
        elif isinstance(message, Truncate):
            return self._truncate(message, data.start, gathering)
        else:
            self._note(message, data.start, gathering)
        return gathering

    def _note(self, message: Message, lsn: int, gathering: Gathering) -> None:
        if isinstance(message, Begin):
            self._in_transaction = True
            self._held.begin()
        elif isinstance(message, Commit):
            self._in_transaction = False
            self._pass_on(self._held.release(), gathering)
            gathering.reached(message.end_lsn, epoch_seconds(message.timestamp))
        elif isinstance(message, Relation) and message.name == ORIGIN:
            self._origin_relations.add(message.id)
        elif isinstance(message, Relation):
            told = self._layout.relation(message, lsn)
            if told:
                log.warning("slot %s: %s", self._slot, told)

    def _change(self, message: Union[Insert, Update, Delete], lsn: int, gathering: Gathering) -> None:
        if message.relation in self._origin_relations:
            self._held.mark()
            if not self._told:
                self._told = True
                log.warning("slot %s: the forward job writes too; its changes are passed over", self._slot)
            return
        table, entries = self._layout.entries(message, lsn)
        if entries:
            self._pass_on(self._held.add(HeldChange(table, entries, lsn)), gathering)

    def _pass_on(self, changes: List[HeldChange], gathering: Gathering) -> None:
        for table, entries, lsn in changes:
            gathering.add(table, entries, self._origin(lsn))

    def _truncate(self, message: Truncate, lsn: int, gathering: Gathering) -> Gathering:
        relations = tuple(one for one in message.relations if one not in self._origin_relations)
        truncated = self._layout.truncate(msgspec.structs.replace(message, relations=relations), lsn)
        if truncated is None:
            return gathering
        self._pass_on(self._held.release(), gathering)
        return self._empty(truncated, gathering)

    def _empty(self, truncated: Truncated, gathering: Gathering) -> Gathering:
        """Delete what DynamoDB's tables hold once all that was handed over is there: a scan sees nothing that
        is still on its way."""
        self._passed.clear()
        self._steps.append(gathering.step(barrier=True))
        while not self._passed.wait(0.1):
            if self._stopped.is_set():
                return Gathering(self._session, self._slot, self._lanes)
        gathering = Gathering(self._session, self._slot, self._lanes)
        for table in truncated.tables:
            log.warning("slot %s: table %s was truncated: deleting its items", self._slot, table)
            for entries in self._emptying.keys(table):
                gathering.add(table, entries, self._origin(truncated.lsn))
                if gathering.size >= STEP_BYTES:
                    self._wait_room()
                    self._hand_over(gathering)
                    gathering = Gathering(self._session, self._slot, self._lanes)
        return gathering

    def _wait_room(self) -> None:
        while len(self._steps) >= AHEAD and not self._stopped.wait(IDLE_SECONDS):
            pass

    def _origin(self, lsn: int) -> str:
        return f"slot {self._slot} at {lsn_text(lsn)}"
