"""A split whose batches the test wrote down, and what builds such splits from orders."""

from __future__ import annotations

from collections import deque
from typing import Any, Callable, Deque, Dict, Iterable, List, Optional, Tuple, Union

from connectors.model.digests import digest_of, lane_of
from connectors.model.orders import SegmentOrder
from connectors.model.records import LookupKeys
from connectors.model.splits import Batch

Step = Union[Batch, Exception, None, Callable[[], None]]


def batch(*keys: str, lanes: int = 2, **more: Any) -> Batch:
    """Each key in its lane; `more`: done, size."""
    loads: Dict[int, LookupKeys] = {}
    for key in map(str.encode, keys):
        lane = lane_of(digest_of("t", key), lanes)
        loads.setdefault(lane, LookupKeys("t", [("pk", "S")], False, 0.0, [])).keys.append(key)
    size = sum(load.size() for load in loads.values())
    return Batch(loads, size, len(keys))._replace(**more)


class FakeSplit:
    """Steps: a batch, an error to raise, None, or something to do before the next step. Its position counts
    batches. Without steps left it has nothing new."""

    def __init__(self, split_id: str, steps: Iterable[Step] = (), saved: Optional[bytes] = None) -> None:
        self.split_id, self.steps, self.saved = split_id, deque(steps), saved
        self.awake = 0.0
        self.closed = False
        self._read = int(saved or 0)

    def next_batch(self) -> Optional[Batch]:
        step = self.steps.popleft() if self.steps else None
        if isinstance(step, Exception):
            raise step
        if callable(step):
            step()
            return self.next_batch()
        if step is not None:
            self._read += 1
        return step

    def next_awake(self) -> float:
        return self.awake

    def snapshot(self) -> bytes:
        return b"%d" % self._read

    def close(self) -> None:
        self.closed = True


class FakeOpener:
    """Splits by segment number, from steps given beforehand."""

    def __init__(self) -> None:
        self.steps: Dict[int, List[Step]] = {}
        self.opened: List[FakeSplit] = []

    def segment(self, order: SegmentOrder, saved: Optional[bytes]) -> FakeSplit:
        return self._open(order.split_id, order.segment, saved)

    def _open(self, split_id: str, name: int, saved: Optional[bytes]) -> FakeSplit:
        done: Deque[Step] = deque(self.steps.get(name, []))
        for _ in range(int(saved or 0)):
            done.popleft()
        self.opened.append(FakeSplit(split_id, done, saved))
        return self.opened[-1]

    def names(self) -> List[Tuple[str, bool]]:
        """(split, closed) of all that were opened."""
        return [(split.split_id, split.closed) for split in self.opened]
