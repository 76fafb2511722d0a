"""Which keys the recorder stores, and when the slot may pass them."""

from __future__ import annotations

import json
from typing import Dict, List, Set

import pytest

from connectors.base.errors import TransientError
from connectors.model.key_record import FOLD, TOO_MANY, KeySegment, SegmentName, segment_name, unsealed
from connectors.postgres.replication.confirmed import Session
from connectors.reverse import recording
from connectors.reverse.recording import TRUNCATED, KeyRecorder
from tests.fakes.storage import MemoryStorage

ITEM = b'{"id":{"S":"%s"},"v":{"S":"1"}}'


class Recorded:
    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.errors: List[BaseException] = []
        self.recorder = KeyRecorder("slot", "pub", self.storage, self._key_of, self.errors.append)
        self.session = self.begin(100)

    @staticmethod
    def _key_of(table: str, item: bytes) -> bytes:
        return json.dumps({"id": json.loads(item)["id"]}).encode()

    def _new_key(self, relation: int, item: bytes) -> bytes:
        return self._key_of("t", item)

    def begin(self, floor: int) -> Session:
        self.session = Session(floor, server="7")
        self.recorder.begin(self.session, self._new_key)
        self.session.passed(10_000, 0.0)  # everything is durable in DynamoDB
        return self.session

    def put(self, *keys: str, table: str = "t") -> None:
        for key in keys:
            self.recorder.change(1, table, [(key.encode(), ITEM % key.encode(), False)])

    def commit(self, end: int, *keys: str) -> None:
        self.put(*keys)
        self.recorder.reach(end)
        self.recorder.flush()

    def segments(self) -> Dict[SegmentName, KeySegment]:
        found: Dict[SegmentName, KeySegment] = {}
        for text, contents in self.storage.objects.items():
            name = segment_name(text)
            assert name
            segment = unsealed(contents, name)
            assert segment
            found[name] = segment
        return found

    def keys(self, table: str = "t") -> Set[str]:
        keys = [key for each in self.segments().values() for key in each.keys.get(table, [])]
        return {json.loads(bytes(key))["id"]["S"] for key in keys}


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


def test_the_slot_does_not_pass_a_change_before_its_key_is_stored(recorded: Recorded) -> None:
    recorded.commit(200, "a")
    assert recorded.session.confirmed == 100
    recorded.recorder.turn()
    assert recorded.session.confirmed == 200
    assert recorded.keys() == {"a"}


def test_a_segment_covers_the_log_from_where_the_last_one_ended(recorded: Recorded) -> None:
    for end in (200, 300):
        recorded.commit(end, "a")
        recorded.recorder.turn()
    names = [(name.first, name.through, name.part.server) for name in recorded.segments()]
    assert names == [(100, 200, "7"), (200, 300, "7")]


def test_an_idle_slot_follows_the_log(recorded: Recorded) -> None:
    recorded.recorder.reach(500)
    recorded.recorder.flush()
    recorded.recorder.turn()
    assert recorded.session.confirmed == 500
    recorded.recorder.turn()
    assert len(recorded.storage.written) == 1, "nothing is stored where the log does not move"


def test_each_key_is_stored_once_whether_it_was_put_or_deleted(recorded: Recorded) -> None:
    recorded.put("a", "a", "b")
    recorded.recorder.change(1, "t", [(b"c", b'{"id": {"S": "c"}}', True), (b"a", ITEM % b"a", False)])
    recorded.recorder.reach(200)
    recorded.recorder.flush()
    recorded.recorder.turn()
    [segment] = recorded.segments().values()
    assert (len(segment.keys["t"]), recorded.keys()) == (3, {"a", "b", "c"})


@pytest.mark.parametrize("large", [1, 1000])
def test_the_keys_of_a_transaction_are_in_the_segment_of_its_commit(
    recorded: Recorded, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "LARGE", large)
    recorded.commit(200, "a")
    recorded.put("b")
    recorded.recorder.flush()
    recorded.recorder.turn()
    recorded.put("c")
    recorded.recorder.reach(300)
    recorded.recorder.flush()
    recorded.recorder.turn()
    first, second = recorded.segments().values()
    assert [len(first.keys["t"]), len(second.keys["t"])] == [1, 2]


def test_what_was_not_stored_when_the_connection_was_lost_is_expected_again(recorded: Recorded) -> None:
    recorded.commit(200, "a")
    recorded.begin(150)
    recorded.recorder.turn()
    assert recorded.storage.objects == {}
    recorded.commit(200, "a")
    recorded.recorder.turn()
    assert [(name.first, name.through) for name in recorded.segments()] == [(150, 200)]


def test_a_segment_that_cannot_be_stored_leaves_a_hole_and_replication_goes_on(recorded: Recorded) -> None:
    recorded.storage.error = TransientError("no route")
    recorded.commit(200, "a")
    recorded.recorder.turn()
    assert recorded.session.confirmed == 200
    recorded.storage.error = None
    recorded.commit(300, "b")
    recorded.recorder.turn()
    assert [(name.first, name.through) for name in recorded.segments()] == [(200, 300)]


def test_what_is_skipped_or_truncated_is_recorded_as_not_known(recorded: Recorded) -> None:
    recorded.recorder.change(17, "", ())
    recorded.put("a")
    recorded.recorder.truncate(["t"], [18])
    recorded.put("b")
    recorded.recorder.reach(200)
    recorded.recorder.flush()
    recorded.recorder.turn()
    [segment] = recorded.segments().values()
    assert (segment.keys, segment.unknown, segment.skipped) == ({}, {"t": TRUNCATED}, [17, 18])


@pytest.mark.parametrize("transactions", [1, 5])
def test_too_many_keys_are_not_kept_in_memory(
    recorded: Recorded, transactions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MOST_KEYS", 9)
    for number in range(transactions):
        recorded.commit(200 + number, *(f"{number} {each}" for each in range(10 // transactions)))
    recorded.recorder.turn()
    [segment] = recorded.segments().values()
    assert (segment.keys, segment.unknown) == ({}, {"t": TOO_MANY})


def test_many_segments_become_few_and_lose_no_key(recorded: Recorded) -> None:
    turns = 2 * FOLD + 3
    for number in range(turns):
        recorded.commit(200 + number, f"k{number}")
        recorded.recorder.turn()
    assert sorted(name.level for name in recorded.segments()) == [0, 0, 0, 1, 1]
    assert recorded.keys() == {f"k{number}" for number in range(turns)}


def test_another_process_folds_what_its_predecessor_has_stored(recorded: Recorded) -> None:
    for number in range(FOLD - 1):
        recorded.commit(200 + number, f"k{number}")
        recorded.recorder.turn()
    recorded.recorder = KeyRecorder("slot", "pub", recorded.storage, recorded._key_of, recorded.errors.append)
    recorded.begin(200 + FOLD - 2)
    recorded.commit(400, "last")
    recorded.recorder.turn()
    assert [name.level for name in recorded.segments()] == [1]


def test_an_error_of_the_recording_thread_fails_the_slot(recorded: Recorded) -> None:
    recorded.storage.error = AssertionError("broken")
    recorded.commit(200, "a")
    recorded.recorder.start()
    recorded.recorder.close(60)
    assert [str(error) for error in recorded.errors] == ["broken"]


def test_what_was_told_is_stored_when_the_job_stops(recorded: Recorded) -> None:
    recorded.recorder.start()
    recorded.commit(200, "a")
    recorded.recorder.close(60)
    assert (recorded.session.confirmed, recorded.keys()) == (200, {"a"})


def test_a_segment_says_which_relations_its_keys_came_from(recorded: Recorded) -> None:
    recorded.recorder.change(7, "t", [(b"a", ITEM % b"a", False)])
    recorded.recorder.change(5, "t", [(b"b", ITEM % b"b", False)])
    recorded.recorder.change(6, "u", [(b"b", ITEM % b"b", False)])
    recorded.recorder.reach(200)
    recorded.recorder.flush()
    recorded.recorder.turn()
    [segment] = recorded.segments().values()
    assert segment.fed == {"t": [5, 7], "u": [6]}
