import threading
import time
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from local.traffic.client import Busy, CallError, Lost, Refused
from local.traffic.ledger import Ledger, read
from local.traffic.plan import Plan
from local.traffic.traffic import Traffic

PLAN = Plan(tables=2, items=400, large_share=0)


class Server:
    """Answers, or fails as `faults` say for the n-th call; `slow` calls of it take a second."""

    def __init__(self, faults: Dict[int, CallError], slow: Tuple[int, ...] = ()) -> None:
        self.faults, self.slow = faults, slow
        self.bodies: List[bytes] = []
        self._lock = threading.Lock()

    def call(self, operation: str, body: bytes) -> bytes:
        with self._lock:
            number = len(self.bodies)
            self.bodies.append(body)
        if number in self.slow:
            time.sleep(1)
        if number in self.faults:
            raise self.faults[number]
        return b"{}"


def test_the_traffic_does_not_exceed_its_rate() -> None:
    """How far it stays below is the machine's matter."""
    traffic = Traffic(Server({}), PLAN, rate=100).start()  # type: ignore[arg-type]
    time.sleep(1)
    stats = traffic.stop()
    assert 10 <= stats.applied <= 130 * stats.seconds


def test_a_slow_call_does_not_reduce_the_rate_of_the_others() -> None:
    traffic = Traffic(Server({}, slow=(3, 4)), PLAN, rate=100).start()  # type: ignore[arg-type]
    time.sleep(1)
    assert traffic.stop().applied >= 10  # one after the other, not even 5 would be done


def test_failures_are_counted_by_kind_and_recorded_in_the_ledger(tmp_path: Path) -> None:
    path = str(tmp_path / "ledger")
    faults = {3: Busy("PutItem", "Throttling"), 5: Lost("PutItem", "ReadTimeoutError")}
    ledger = Ledger.open(path, PLAN)
    ledger.assume_loaded()
    server = Server({**faults, 7: Refused("PutItem", "ValidationException")})
    traffic = Traffic(server, PLAN, ledger, rate=200).start()  # type: ignore[arg-type]
    time.sleep(0.5)
    stats = traffic.stop()
    assert (stats.not_applied, stats.unknown) == (2, 1)
    assert stats.applied == len(server.bodies) - 3
    assert sum(record.uncertain for record in read(path).keys.values()) == 1


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "UnrecognizedClientException"])
def test_a_refusal_that_affects_every_write_ends_the_traffic_with_its_error(code: str) -> None:
    server = Server({2: Refused("PutItem", code)})
    traffic = Traffic(server, PLAN, rate=200).start()  # type: ignore[arg-type]
    assert traffic.wait(5)
    with pytest.raises(Refused, match=code):
        traffic.stop()
