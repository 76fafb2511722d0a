"""A split whose pages the test wrote down, what builds such splits from orders, and a target that writes when
it is told to."""

from __future__ import annotations

from collections import deque
from typing import Any, Callable, Deque, Dict, Iterable, List, Optional, Tuple, Union

from connectors.base.errors import PolarshakeError
from connectors.dynamodb.streams.position import ShardPosition
from connectors.dynamodb.streams.shard_set import Ready
from connectors.model.digests import digest_of
from connectors.model.orders import SegmentOrder, StreamOrder
from connectors.model.pages import ReadPage, ReadSplit
from connectors.model.pipeline import NEVER, Landed, WritePipeline, WriteRequest

Step = Union[ReadPage, Exception, None, Callable[[], None]]


def copied(*keys: str, **more: Any) -> ReadPage:
    """A page of items; `more`: done, size."""
    return ReadPage(b"", 1, len(keys), [key.encode() for key in keys])._replace(**more)


def changed(*keys: str, **more: Any) -> ReadPage:
    """A page of a shard; a key is its own body. `more`: done, horizon, size."""
    entries = [(digest_of("t", key.encode()), key.encode(), False) for key in keys]
    return ReadPage(b"", 1, len(keys), changes=entries)._replace(**more)


class FakePages(ReadSplit):
    """Steps: a page, an error to raise, None, or something to do before the next step. Its position counts
    pages. Without steps left it has nothing new."""

    def __init__(self, split_id: str, steps: Iterable[Step] = (), saved: Optional[bytes] = None) -> None:
        self.split_id, self.steps, self.saved = split_id, deque(steps), saved
        self.awake = 0.0
        self.closed = False
        self._position = ShardPosition.decode(saved) if saved else ShardPosition()

    def next_page(self) -> Optional[ReadPage]:
        step = self.steps.popleft() if self.steps else None
        if isinstance(step, Exception):
            raise step
        if isinstance(step, ReadPage):
            horizon = step.horizon or self._position.horizon
            self._position = ShardPosition(str(self._position.number + 1), horizon, horizon)
            return step._replace(position=self._position.encode())
        if step is not None:
            step()
            return self.next_page()
        self.awake = NEVER
        return None

    def next_awake(self) -> float:
        return self.awake

    def close(self) -> None:
        self.closed = True


class FakePagesOpener:
    """Splits by segment number or shard id, from steps given beforehand."""

    def __init__(self) -> None:
        self.steps: Dict[Union[int, str], List[Step]] = {}
        self.opened: List[FakePages] = []

    def segment(self, order: SegmentOrder, saved: Optional[bytes]) -> FakePages:
        return self._open(order.split_id, order.segment, saved)

    def shard(self, order: StreamOrder, ready: Ready, saved: Optional[bytes]) -> FakePages:
        shard_id = ready.assignment.shard_id
        return self._open(f"{order.table}/{order.generation}/{shard_id}", shard_id, saved)

    def _open(self, split_id: str, name: Union[int, str], saved: Optional[bytes]) -> FakePages:
        left: Deque[Step] = deque(self.steps.get(name, []))
        for _ in range(ShardPosition.decode(saved).number + 1 if saved else 0):
            left.popleft()
        self.opened.append(FakePages(split_id, left, saved))
        return self.opened[-1]

    def names(self) -> List[Tuple[str, bool]]:
        """(split, closed) of all that were opened."""
        return [(split.split_id, split.closed) for split in self.opened]


class FakePipeline(WritePipeline):
    """Requests stay in flight until the test lets them land."""

    most, most_copies = 4, 2
    retries = throttles = 0

    def __init__(self) -> None:
        self.flying: List[WriteRequest] = []
        self.blocked = self.closed = False
        self._landed: List[Landed] = []

    def wait_for(self, table: str, now: float) -> float:
        return NEVER if self.blocked else 0.0

    def mixes(self, table: str) -> bool:
        return True

    def send(self, request: WriteRequest) -> None:
        self.flying.append(request)

    def land(self, dead: bool = False) -> List[str]:
        """Everything in flight lands, or becomes dead letters; returns the bodies."""
        bodies: List[str] = []
        for request in self.flying:
            bodies += [write.body.decode() for write in request.writes]
            if request.owner is not None:  # copied items
                self._landed.append(Landed(request, len(request), 1, len(request) if dead else 0))
            elif not dead:
                self._landed.append(Landed(request, len(request), 1, writes=request.writes))
            else:
                last = request.writes[-1]
                self._landed += [Landed(request, 1, 0, 1, each is last, (each,)) for each in request.writes]
        self.flying = []
        return bodies

    def refuse(self, error: PolarshakeError) -> None:
        """The target refuses everything in flight, because of its table."""
        for request in self.flying:
            writes = () if request.owner is not None else request.writes
            self._landed.append(Landed(request, 0, 0, writes=writes, error=error))
        self.flying = []

    def landed(self, seconds: float) -> List[Landed]:
        landed, self._landed = self._landed, []
        return landed

    def __len__(self) -> int:
        return len(self.flying) + len(self._landed)

    def close(self) -> None:
        self.closed = True
