"""Runs the owners against a server at a given rate, each in its own thread."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Protocol

from local.traffic.book import Outcome
from local.traffic.client import Busy, CallError, Client, Lost
from local.traffic.history import Op
from local.traffic.items import warm_up
from local.traffic.ledger import Ledger
from local.traffic.owner import Owner, guide_owner
from local.traffic.pacer import Pacer
from local.traffic.plan import Plan
from local.traffic.requests import request_of

ONE_ITEMS_OWN = ("ValidationException",)
"""Refusals that concern a single item. Any other refusal would affect every op, and ends the traffic."""
GUIDE_RATE = 1.0
BUSY_PAUSE = 0.2


class Source(Protocol):
    def next_ops(self) -> List[Op]: ...

    def settle(self, op: Op, outcome: Outcome) -> None: ...


@dataclass
class Stats:
    """Counts since the start. `kinds`: applied ops by kind; `refusals`: other ops by error code."""

    seconds: float = 0.0
    applied: int = 0
    not_applied: int = 0
    unknown: int = 0
    kinds: Dict[str, int] = field(default_factory=dict)
    refusals: Dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Applied ops per second."""
        return self.applied / self.seconds if self.seconds else 0.0

    def line(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items()))
        failed = ", ".join(f"{count} {code}" for code, count in sorted(self.refusals.items()))
        return (
            f"{self.seconds:.0f} s: {self.applied} writes ({self.rate:.0f}/s; {kinds or 'none'}), "
            f"{self.not_applied} not applied, {self.unknown} of unknown outcome"
            + (f" ({failed})" if failed else "")
        )


class Traffic:
    """The running traffic. `rate`: ops per second over all tables except the guide's, which has the guide's
    rate.

    The generator takes the states of keys from the ledger: a table without a load in the ledger counts as
    empty. Without a ledger, the plan's initial load counts as complete.
    """

    def __init__(
        self, client: Client, plan: Plan, ledger: Optional[Ledger] = None, rate: float = 200, owners: int = 8
    ) -> None:
        self._client, self._plan = client, plan
        self._ledger = ledger or _no_ledger(plan)
        self._rate, self._owners = rate, owners
        self._stop = threading.Event()
        self._error: Optional[BaseException] = None
        self._lock = threading.Lock()
        self._outcomes: Counter[Outcome] = Counter()
        self._kinds: Counter[str] = Counter()
        self._refusals: Counter[str] = Counter()
        self._threads: List[threading.Thread] = []
        self._started = self._stopped = 0.0

    def start(self) -> Traffic:
        warm_up(self._plan)
        self._started = time.monotonic()
        book = self._ledger.book
        # A later run with the same ledger must not repeat the choices of the first one.
        seed = f"{self._plan.seed}:{self._ledger.next_number}"
        if self._plan.tables:
            pacer = Pacer(self._rate, self._started)
            for number in range(self._owners):
                self._spawn(Owner(self._plan, book, number, self._owners, seed), pacer)
        guide = guide_owner(self._plan, book)
        if guide is not None:
            self._spawn(guide, Pacer(GUIDE_RATE, self._started))
        return self

    def stop(self) -> Stats:
        """Stop, and wait for calls in flight. Raises the error that ended a thread early."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._stopped = self._stopped or time.monotonic()
        if self._error is not None:
            raise self._error
        return self.stats()

    def wait(self, seconds: Optional[float] = None) -> bool:
        """Wait until `seconds` have passed (returns False), or the traffic was stopped or has failed
        (True)."""
        return self._stop.wait(seconds)

    def request_stop(self) -> None:
        """Set a flag only, for signal handlers. `stop` also waits."""
        self._stop.set()

    def stats(self) -> Stats:
        with self._lock:
            return Stats(
                (self._stopped or time.monotonic()) - self._started,
                self._outcomes[Outcome.APPLIED],
                self._outcomes[Outcome.NOT_APPLIED],
                self._outcomes[Outcome.UNKNOWN],
                dict(self._kinds),
                dict(self._refusals),
            )

    def _spawn(self, source: Source, pacer: Pacer) -> None:
        thread = threading.Thread(target=self._guarded, args=(source, pacer), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _guarded(self, source: Source, pacer: Pacer) -> None:
        try:
            self._work(source, pacer)
        except BaseException as error:
            self._error = self._error or error
            self._stop.set()

    def _work(self, source: Source, pacer: Pacer) -> None:
        while not self._stop.is_set():
            now = time.monotonic()
            if self._stop.wait(max(0.0, pacer.slot(now) - now)):
                return
            for number, op in enumerate(source.next_ops()):
                if number:  # A burst is sent without pauses, but counts against the rate.
                    pacer.slot(time.monotonic())
                if self._do(source, op) is not Outcome.APPLIED:
                    break

    def _do(self, source: Source, op: Op) -> Outcome:
        operation, body = request_of(self._plan, op)
        number = self._ledger.asked(op)
        error: Optional[CallError] = None
        try:
            self._client.call(operation, body)
            outcome = Outcome.APPLIED
        except CallError as caught:
            error = caught
            outcome = Outcome.UNKNOWN if isinstance(caught, Lost) else Outcome.NOT_APPLIED
        self._ledger.answered(number, outcome)
        source.settle(op, outcome)
        self._count(op, outcome, error)
        if isinstance(error, Busy):
            self._stop.wait(BUSY_PAUSE)
        elif error is not None and not isinstance(error, Lost) and error.code not in ONE_ITEMS_OWN:
            raise error
        return outcome

    def _count(self, op: Op, outcome: Outcome, error: Optional[CallError]) -> None:
        with self._lock:
            self._outcomes[outcome] += 1
            if error is None:
                self._kinds[op.kind.value] += 1
            else:
                self._refusals[error.code] += 1


def _no_ledger(plan: Plan) -> Ledger:
    ledger = Ledger.open(None, plan)
    ledger.assume_loaded()
    return ledger
