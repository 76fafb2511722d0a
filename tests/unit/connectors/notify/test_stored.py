"""Events are read while processes store them."""

from __future__ import annotations

from typing import List

import msgspec

from connectors.model.events import EventKind, JobEvent
from connectors.notify.stored import QUIET, StoredEvents
from tests.fakes.storage import MemoryStorage


def line(at: float, text: str = "x") -> bytes:
    return msgspec.json.encode(JobEvent(at, EventKind.PHASE, "forward", text)) + b"\n"


def texts(stored: StoredEvents) -> List[str]:
    return [each.event.text for each in stored.look()]


def test_each_event_is_read_once_also_from_a_log_that_grows_and_from_one_that_is_new() -> None:
    storage = MemoryStorage()
    stored = StoredEvents(storage)
    assert texts(stored) == []
    storage.objects["events-a.jsonl"] = line(2.0, "second")
    storage.objects["events-b.jsonl"] = line(1.0, "first")
    storage.objects["other.jsonl"] = line(0.0, "no event")
    assert texts(stored) == ["first", "second"]
    assert texts(stored) == []
    storage.objects["events-a.jsonl"] += line(3.0, "third")
    storage.objects["events-c.jsonl"] = line(4.0, "fourth")
    assert texts(stored) == ["third", "fourth"]


def test_a_line_that_is_being_written_is_read_when_it_is_whole() -> None:
    storage, whole = MemoryStorage(), line(1.0, "whole")
    stored = StoredEvents(storage)
    storage.objects["events-a.jsonl"] = whole[:20]
    assert texts(stored) == []
    storage.objects["events-a.jsonl"] = whole
    assert texts(stored) == ["whole"]


def test_an_event_of_a_later_version_is_passed_over() -> None:
    storage = MemoryStorage()
    storage.objects["events-a.jsonl"] = b'{"at": 1, "kind": "unheard_of"}\n' + line(2.0, "known")
    assert texts(StoredEvents(storage)) == ["known"]


def test_logs_that_do_not_grow_are_read_in_turn() -> None:
    storage = MemoryStorage()
    stored = StoredEvents(storage)
    names = [f"events-{n:02}.jsonl" for n in range(3 * QUIET)]
    for name in names:
        storage.objects[name] = line(1.0)
    assert len(texts(stored)) == len(names)
    texts(stored)
    read: List[str] = []
    lines = storage.lines
    storage.lines = lambda name: read.append(name) or lines(name)  # type: ignore[method-assign, func-returns-value]
    for _ in range(3):
        texts(stored)
    assert sorted(read) == names
    storage.objects[names[7]] += line(2.0, "late")
    assert "late" in [text for _ in range(3) for text in texts(stored)]
