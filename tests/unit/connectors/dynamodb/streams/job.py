"""A job in miniature: enumerator, slots, splits and snapshots; checks every change that comes out."""

from __future__ import annotations

import copy
import enum
import json
import zlib
from dataclasses import dataclass, field
from typing import Dict, List, NamedTuple, Optional, Tuple

from connectors.base.errors import GapError
from connectors.dynamodb.streams import anchor
from connectors.dynamodb.streams.cursor import StreamRef
from connectors.dynamodb.streams.lineage import Lineage
from connectors.dynamodb.streams.position import TIP_PAGES, ShardPosition
from connectors.dynamodb.streams.shard import ShardSplit
from connectors.dynamodb.streams.shard_set import ShardSet
from connectors.dynamodb.streams.tracking import observe
from connectors.model.pages import ReadPage
from tests.fakes.state import restored, saved
from tests.fakes.streams import FakeStreams

SLOTS = 3


class Fault(enum.Enum):
    BACK = 0
    """An older version after a newer one."""
    SKIP = 1


class Again(NamedTuple):
    latest: int
    """The next version that comes out is this one or an older one."""
    required: bool
    """It has to come out again, although it has come out before."""


@dataclass
class State:
    """What a checkpoint holds."""

    lineage: bytes
    slots: List[bytes] = field(default_factory=lambda: [saved(ShardSet())] * SLOTS)
    positions: Dict[str, bytes] = field(default_factory=dict)
    start: Optional[float] = None
    base: Dict[str, int] = field(default_factory=dict)
    """Versions that a scan begun now would find."""
    seen: Dict[str, int] = field(default_factory=dict)
    """The last version of each key that came out."""
    first: Dict[str, int] = field(default_factory=dict)
    """The first version of each key that came out."""
    again: Dict[str, Again] = field(default_factory=dict)
    """What a rewind expects of the next change of a key."""
    faults: List[str] = field(default_factory=list)
    """What came out wrong and has to be answered by a gap."""


class Job:
    def __init__(self, fake: FakeStreams, arn: str, oldest: bool, told_later: Tuple[Fault, ...] = ()) -> None:
        """`told_later`: what may come out before the job says that changes are lost."""
        self.fake, self.arn, self.oldest, self.told_later = fake, arn, oldest, told_later
        self.versions: Dict[str, int] = {}
        self.created: Dict[str, Dict[int, int]] = {}
        """When each version of a key was written."""
        self.state = State(saved(Lineage(oldest)))
        self.snapshots = [copy.deepcopy(self.state)]
        self.splits: Dict[str, ShardSplit] = {}

    def write(self, key: str) -> None:
        self.versions[key] = self.versions.get(key, 0) + 1
        self.created.setdefault(key, {})[self.versions[key]] = int(self.fake.now)
        self.fake.put(self.arn, key, self.versions[key])

    def list(self) -> bool:
        """One round of the enumerator; True when it found work or does not see clear yet."""
        state, before = self.state, restored(Lineage, self.state.lineage)
        seen = observe(before, self.fake.list_dated(self.arn).description.Shards)
        if seen.gaps:
            raise GapError("orders", seen.gaps[0])
        if not before.registered:
            state.start = None if self.oldest else state.start or self.fake.now
            state.base = {} if self.oldest else dict(self.versions)
        state.lineage = saved(seen.lineage)
        slots = self._slots()
        for each in seen.assign:
            slots[_slot(each.root_id)].assign([each])
        for gone in seen.forget:
            slots[_slot(gone.root_id)].forget([gone.shard_id])
        state.slots = [saved(slot) for slot in slots]
        return bool(seen.assign) or not seen.lineage.registered or bool(seen.lineage.missing)

    def read(self, turn: int) -> bool:
        """One step of one shard that may be read; True when something came."""
        slots = self._slots()
        choice = [(n, shard_id) for n, slot in enumerate(slots) for shard_id in slot.reading]
        if not choice:
            return False
        number, shard_id = choice[turn % len(choice)]
        split = self._split(slots[number], shard_id)
        page = split.next_page()
        if page is None:
            return False
        self.state.positions[shard_id] = page.position
        self._emit(page)
        if page.done:
            slots[number].finish(shard_id, self.state.positions.pop(shard_id))
            self._forget(slots[number])
            self.state.slots[number] = saved(slots[number])
            del self.splits[shard_id]
        return page.done or page.read > 0

    def _forget(self, slot: ShardSet) -> None:
        horizons = [self._position(shard_id).horizon for shard_id in slot.reading]
        for shard_id in anchor.outdated(slot, min(horizons, default=0.0)):
            del slot.recent[shard_id]

    def _position(self, shard_id: str) -> ShardPosition:
        saved_position = self.state.positions.get(shard_id)
        return ShardPosition.decode(saved_position) if saved_position else ShardPosition()

    def rewind(self) -> None:
        """Read again from the anchors, as after a scan that has gone on."""
        self.splits = {}
        for number, slot in enumerate(self._slots()):
            positions = {shard_id: self._position(shard_id) for shard_id in slot.reading}
            ended = {shard_id: ShardPosition.decode(each.position) for shard_id, each in slot.recent.items()}
            self._expect({**ended, **positions})
            rewound = anchor.rewind(slot, positions)
            for shard_id in positions:
                self.state.positions.pop(shard_id, None)
            for shard_id, position in rewound.positions.items():
                self.state.positions[shard_id] = position.encode()
            self.state.slots[number] = saved(rewound.shards)

    def _expect(self, positions: Dict[str, ShardPosition]) -> None:
        """Every change since MARGIN before what the shards of its key had reached, and all that follow it."""
        for key, seen in self.state.seen.items():
            line = self.fake.line(self.arn, key)
            known = [positions[shard_id].reached for shard_id in line if shard_id in positions]
            if known:
                since = max(known) - anchor.MARGIN
                created = self.created[key]
                needed = [
                    version for version in range(self.state.first[key], seen + 1) if created[version] >= since
                ]
                # What an earlier rewind has asked for and has not come out is still to come.
                before = self.state.again.get(key, Again(seen + 1, False))
                latest = min([before.latest, *needed])
                self.state.again[key] = Again(latest, before.required or bool(needed))

    def snapshot(self) -> None:
        self.snapshots.append(copy.deepcopy(self.state))

    def crash(self, turn: int) -> None:
        """Go back to any earlier snapshot; those after it never were."""
        keep = turn % len(self.snapshots) + 1
        del self.snapshots[keep:]
        self.state = copy.deepcopy(self.snapshots[-1])
        self.splits = {}

    def drain(self) -> None:
        """Let it run until nothing comes any more."""
        quiet = 0
        while quiet <= TIP_PAGES:
            busy = self.list() or self._hides()
            for _ in range(2):
                reading = sum(len(slot.reading) for slot in self._slots())
                busy = sum(self.read(turn) for turn in range(max(reading, 1))) > 0 or busy
            quiet = 0 if busy else quiet + 1

    def _hides(self) -> bool:
        return any(shard.hidden for shard in self.fake.streams[self.arn].shards.values())

    def _slots(self) -> List[ShardSet]:
        return [restored(ShardSet, slot) for slot in self.state.slots]

    def _split(self, slot: ShardSet, shard_id: str) -> ShardSplit:
        if shard_id not in self.splits:
            skip = None if self.state.start is None else self.state.start - 120
            self.splits[shard_id] = ShardSplit(
                self.fake,
                StreamRef(self.arn, "orders", 0),
                slot.reading[shard_id],
                lambda keys: keys,
                self.state.positions.get(shard_id),
                skip,
                limit=3,
            )
        return self.splits[shard_id]

    def _emit(self, page: ReadPage) -> None:
        for _, body, _ in page.changes:
            image = json.loads(body)
            key, version = image["pk"]["S"], int(image["v"]["N"])
            again = self.state.again.pop(key, None)
            last = min(version, again.latest) - 1 if again else self.state.seen.get(key)
            if last is not None and version <= last:
                self._fault(Fault.BACK, f"{key}: {version} follows {last}")
            elif version > (self.state.base.get(key, 0) if last is None else last) + 1:
                self._fault(Fault.SKIP, f"{key}: {version} follows {last}")
            self.state.seen[key] = version
            self.state.first.setdefault(key, version)

    def _fault(self, kind: Fault, text: str) -> None:
        assert kind in self.told_later, text
        self.state.faults.append(text)

    def assert_whole(self) -> None:
        assert not self.state.faults
        assert not [key for key, again in self.state.again.items() if again.required]
        for key, version in self.versions.items():
            known = max(self.state.seen.get(key, 0), self.state.base.get(key, 0))
            assert known == version, f"{key} ends with {known} instead of {version}"


def _slot(root_id: str) -> int:
    return zlib.crc32(root_id.encode()) % SLOTS
