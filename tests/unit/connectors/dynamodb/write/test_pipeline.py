"""Requests of the forward job over BatchWriteItem, with every mixture of faults."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Dict, List, Set, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.limits import Limit
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write.pipeline import BatchPipeline
from connectors.model.origin import TABLE as ORIGIN
from connectors.model.origin import Marker
from connectors.model.pipeline import NEVER, Landed, WriteRequest
from tests.fakes.clock import FakeClock
from tests.fakes.deadletters import FakeDeadLetters
from tests.fakes.dynamodb import UNPROCESSED, FakeInFlight, FakeService, throttled, unavailable
from tests.harness.depth import examples
from tests.unit.connectors.dynamodb.write.test_writer import (
    FAULTS,
    SCHEMAS,
    delete,
    fault_named,
    is_poison,
    put,
)

TABLES = {**SCHEMAS, ORIGIN: ("id",)}


class Rig:
    def __init__(self, service: FakeService, deadline: float = 60.0, **options: Any) -> None:
        self.service, self.clock, self.dead = service, FakeClock(), FakeDeadLetters()
        self.flights = FakeInFlight(service)
        self.pipeline = BatchPipeline(
            self.flights, self.dead, Policy(deadline), timing=self.clock.timing(), **options
        )

    def run(self, requests: List[WriteRequest]) -> List[Landed]:
        """Send each request as soon as its table takes one, until all have landed."""
        waiting, found = list(requests), []
        while waiting or len(self.pipeline):
            for request in list(waiting):
                if not any(self.pipeline.wait_for(table, self.clock.now) for table in request.tables):
                    self.pipeline.send(request)
                    waiting.remove(request)
            self.clock.now += 0.001
            found += self.pipeline.landed(0.01)
        return found

    def items(self) -> Dict[Tuple[str, str], Any]:
        return {
            (table, item["id"]["N"]): item
            for table, items in self.service.tables.items()
            for item in items.values()
            if table != ORIGIN
        }


def copies(*numbers: int, table: str = "A", value: str = "v", deletes: bool = False) -> WriteRequest:
    writes = [delete(n, table) if deletes else put(n, value, table) for n in numbers]
    return WriteRequest(table, [write.body for write in writes], "segment 0", object(), deletes)


@st.composite
def requests(draw: st.DrawFn) -> List[WriteRequest]:
    """No key twice; copies of one table, or changes of two."""
    keys = draw(st.lists(st.integers(0, 300), unique=True, max_size=150))
    found: List[WriteRequest] = []
    while keys:
        size = draw(st.integers(1, 24))
        some, keys = keys[:size], keys[size:]
        if draw(st.booleans()):
            value = draw(st.sampled_from(["v", "poison"]))
            found.append(copies(*some, table=draw(st.sampled_from("AB")), value=value))
            continue
        kinds = [(n, draw(st.sampled_from("AB")), draw(st.sampled_from(["v", "poison", None]))) for n in some]
        found.append(
            WriteRequest.of(tuple(delete(n, t) if kind is None else put(n, kind, t) for n, t, kind in kinds))
        )
    return found


@settings(max_examples=examples(150), deadline=None)
@given(
    sent=requests(),
    script=st.lists(FAULTS, max_size=40),
    atomic=st.booleans(),
    seed=st.integers(0, 1000),
    mark=st.sampled_from(["none", "changes", "all"]),
)
def test_any_mixture_of_faults_ends_with_every_accepted_write_at_the_target_and_landed_once(
    sent: List[WriteRequest], script: List[str], atomic: bool, seed: int, mark: str
) -> None:
    marker = Marker(0, copies=mark == "all") if mark != "none" else None
    rig = Rig(FakeService(TABLES, map(fault_named, script), is_poison, atomic, seed), marker=marker)
    landed = rig.run(sent)
    writes = [write for request in sent for write in request.writes]
    poison = [write for write in writes if is_poison(json.loads(write.body))]
    assert Counter(letter.write for letter in rig.dead.letters) == Counter(poison)
    expected = {
        (write.table, json.loads(write.body)["id"]["N"]): json.loads(write.body)
        for write in writes
        if not write.delete and write not in poison
    }
    assert rig.items() == expected
    for request in sent:
        parts = [part for part in landed if part.request is request]
        assert sum(part.landed for part in parts) == len(request)
        assert [part.whole for part in parts] == [False] * (len(parts) - 1) + [True]
        assert sum(part.dead for part in parts) == sum(write in poison for write in request.writes)
    assert_changes_land_once(sent, landed)


def assert_changes_land_once(sent: List[WriteRequest], landed: List[Landed]) -> None:
    changes = [id(write) for request in sent if not request.bodies for write in request.writes]
    parts = [part for part in landed if not part.request.bodies]
    assert Counter(id(write) for part in parts for write in part.writes) == Counter(changes)
    assert all(len(part.writes) == 1 for part in parts if part.dead)


def test_copied_items_and_deletes_are_sent_without_an_object_for_each() -> None:
    rig = Rig(FakeService(TABLES))
    request = copies(*range(25))
    (landed,) = rig.run([request])
    assert landed == Landed(request, 25, sum(map(len, request.bodies)))
    assert request.copies
    rig.run([copies(*range(20), deletes=True)])
    assert sorted(int(key) for _, key in rig.items()) == [20, 21, 22, 23, 24]


@pytest.mark.parametrize(("mark", "marked"), [("changes", [False, True]), ("all", [True, True])])
def test_a_mark_is_sent_with_the_requests_that_are_to_have_one(mark: str, marked: List[bool]) -> None:
    found = []
    for request in (copies(1), WriteRequest.of((put(2)._replace(change=True),))):
        rig = Rig(FakeService(TABLES), marker=Marker(0, copies=mark == "all"))
        rig.run([request])
        found.append(bool(rig.service.tables[ORIGIN]))
    assert found == marked


def test_a_throttled_table_does_not_take_the_others_room() -> None:
    rig = Rig(FakeService(TABLES, iter(throttled, None)), in_flight=8)
    rig.pipeline.send(copies(1, table="A"))
    tried: Set[str] = set()
    for _ in range(200):
        rig.clock.now += 0.02
        rig.pipeline.landed(0.0)
        tried.add("A" if rig.pipeline.wait_for("A", rig.clock.now) else "")
    assert "A" in tried
    assert rig.pipeline.wait_for("A", rig.clock.now) == NEVER
    assert rig.pipeline.wait_for("B", rig.clock.now) == 0.0
    assert not rig.pipeline.mixes("A")
    assert rig.pipeline.mixes("B")
    assert rig.pipeline.throttles > 0


def test_a_table_that_takes_nothing_for_the_bound_restarts_the_job() -> None:
    rig = Rig(FakeService(TABLES, iter(unavailable, None)), deadline=30)
    before = rig.clock.now
    with pytest.raises(TransientError, match=r"for 30 s: .* table A, the first from segment 0"):
        rig.run([copies(*range(10))])
    assert 30 <= rig.clock.now - before <= 40


def test_an_item_that_the_service_fails_on_is_a_dead_letter_once_the_others_have_got_through() -> None:
    def fail(item: Any) -> bool:
        if is_poison(item):
            raise unavailable()
        return False

    rig = Rig(FakeService(TABLES, poison=fail), deadline=20)
    others = [copies(100 + number) for number in range(5)]
    bad = WriteRequest.of(tuple(put(n, "poison" if n == 7 else "v") for n in range(20)))
    rig.pipeline.send(bad)
    found: List[Landed] = []
    while len(rig.pipeline):
        if others and rig.clock.now > 1000 + 5 * (6 - len(others)):
            rig.pipeline.send(others.pop())
        rig.clock.now += 0.01
        found += rig.pipeline.landed(0.01)
    (letter,) = rig.dead.letters
    assert letter.write is bad.writes[7]
    assert len(rig.items()) == 19 + 5 - len(others)


def test_what_was_left_unprocessed_is_sent_again_alone() -> None:
    rig = Rig(FakeService(TABLES, [UNPROCESSED], seed=3))
    rig.run([copies(*range(25))])
    assert len(rig.service.applied) == 25
    assert (rig.pipeline.throttles, rig.pipeline.retries) == (1, 1)


def test_a_fault_that_is_neither_one_items_nor_one_tables_ends_the_job() -> None:
    code = "UnrecognizedClientException"
    rig = Rig(FakeService(TABLES, [ServiceError(code, "no", 400, "BatchWriteItem")]))
    with pytest.raises(TerminalError, match=f"writing to A: .*{code}"):
        rig.run([copies(1, 2)])
    assert rig.dead.letters == []


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException"])
def test_the_writes_of_a_table_that_is_refused_as_a_whole_are_given_up_with_the_error(code: str) -> None:
    rig = Rig(FakeService(TABLES, [ServiceError(code, "no", 400, "BatchWriteItem")]))
    (landed,) = rig.run([copies(1, 2)])
    assert (landed.landed, landed.size, landed.dead, landed.whole) == (0, 0, 0, True)
    assert isinstance(landed.error, ServiceError)
    assert landed.error.code == code
    assert (rig.items(), rig.dead.letters, len(rig.pipeline)) == ({}, [], 0)


def test_the_other_tables_of_a_request_are_written_where_one_is_refused_as_a_whole() -> None:
    """The answer to a request does not tell which of its tables it means."""
    refused = [ServiceError("ResourceNotFoundException", "no", 400, "BatchWriteItem")] * 2
    rig = Rig(FakeService(TABLES, refused))
    landed = rig.run([WriteRequest.of((put(1, "v", "A"), put(2, "v", "B")))])
    (refusal,) = [each for each in landed if each.error is not None]
    (written,) = [each for each in landed if each.error is None]
    assert {write.table for write in (*refusal.writes, *written.writes)} == {"A", "B"}
    assert [table for table, _ in rig.items()] == [write.table for write in written.writes]


def test_a_limited_table_is_written_at_its_rate() -> None:
    clock = FakeClock()
    limit = Limit(100, clock.timing())
    rig = Rig(FakeService(TABLES), limit_of=lambda table: limit)
    rig.clock = clock
    rig.pipeline._timing = clock.timing()
    before = clock.now
    rig.run([copies(*range(at, at + 25)) for at in range(0, 1000, 25)])
    assert 8.0 <= clock.now - before <= 10.0


def test_a_dead_letter_that_cannot_be_stored_stops_the_job() -> None:
    rig = Rig(FakeService(TABLES, poison=is_poison))
    rig.pipeline._letters = FakeDeadLetters(TerminalError("disk full"))
    with pytest.raises(TerminalError, match="disk full"):
        rig.run([copies(1, value="poison")])
