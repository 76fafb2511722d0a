"""The model's target: requests in flight, applied whole or in part, in any order."""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Optional, Set, Tuple

from connectors.dynamodb.faults import ServiceError
from connectors.model.pipeline import Landed, WritePipeline, WriteRequest
from connectors.model.writes import Write
from tests.unit.connectors.engine.worker.world import TABLE, World, key_of, stamp_of

Epoch = Tuple[int, int, Tuple[int, int]]
"""(restarts, generation, (step, shards opened again)): within one, changes of a key never go back."""


class Shown(NamedTuple):
    stamp: int
    epoch: Epoch


class Ledger:
    """What all workers of one run have in flight, and what was applied. Refuses what must never happen."""

    def __init__(self, world: World, restarts: int, step: Callable[[], Tuple[int, int]]) -> None:
        self._world, self._restarts, self._step = world, restarts, step
        self.flying: List[Tuple[ModelPipeline, WriteRequest]] = []
        self._keys: Set[bytes] = set()
        self._shown: Dict[str, Shown] = {}

    def sent(self, pipeline: ModelPipeline, request: WriteRequest) -> None:
        kinds = {write.change for _, flying in self.flying for write in flying.writes}
        kinds |= {write.change for write in request.writes}
        assert len(kinds) <= 1, "an image and a change are in flight at the same time"
        flying = {key_of(write.body) for _, each in self.flying for write in each.writes if write.change}
        again = {key_of(write.body) for write in request.writes if write.change}
        assert not flying & again, "two changes of one key are in flight"
        self.flying.append((pipeline, request))

    def apply(self, write: Write) -> None:
        key, stamp = key_of(write.body), stamp_of(write.body)
        epoch = (self._restarts, int(write.provenance.split("/")[1]), self._step())
        before = self._shown.get(key)
        if write.change and before is not None and before.epoch == epoch:
            assert stamp >= before.stamp, f"{key}: {stamp} after {before} by {write.provenance}"
        if write.change:
            self._shown[key] = Shown(stamp, epoch)
        if write.delete:
            self._world.target.pop(key, None)
        else:
            self._world.target[key] = write.body


class ModelPipeline(WritePipeline):
    most, most_copies = 3, 2
    retries = throttles = 0

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._landed: List[Landed] = []
        self._left = 0

    def wait_for(self, table: str, now: float) -> float:
        return 0.0 if self._left < 4 else float("inf")

    def mixes(self, table: str) -> bool:
        return True

    def send(self, request: WriteRequest) -> None:
        self._left += 1
        self._ledger.sent(self, request)

    def land(self, request: WriteRequest, of: Optional[int] = None) -> None:
        """The target applies `of` of its writes, or all; what is left is sent again."""
        done = request.writes if of is None else request.writes[:of]
        for write in done:
            self._ledger.apply(write)
        whole = len(done) == len(request.writes)
        size = sum(len(write.body) for write in done)
        copies = request.owner is not None
        if copies and not whole:
            return  # an item that was written may be written again
        if not whole:
            request._writes = request.writes[len(done) :]
        if done:
            self._landed.append(Landed(request, len(done), size, 0, whole, () if copies else done))
        if whole:
            self._left -= 1
            self._ledger.flying.remove((self, request))

    def refuse(self, request: WriteRequest, error: ServiceError) -> None:
        """The target refuses what is left of it; it is not sent again."""
        writes = () if request.owner is not None else request.writes
        self._landed.append(Landed(request, 0, 0, writes=writes, error=error))
        self._left -= 1
        self._ledger.flying.remove((self, request))

    def landed(self, seconds: float) -> List[Landed]:
        landed, self._landed = self._landed, []
        return landed

    def __len__(self) -> int:
        return self._left + len(self._landed)

    def close(self) -> None:
        pass


assert TABLE
