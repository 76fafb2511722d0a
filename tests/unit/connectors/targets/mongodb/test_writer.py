from __future__ import annotations

import logging
from typing import Any, List

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.retry import Policy
from connectors.model.keys import KeySchema
from connectors.model.writes import Write
from connectors.targets.mongodb.bulk import BulkAnswer, Refusal
from connectors.targets.mongodb.call import DUPLICATE_TRIES
from connectors.targets.mongodb.convert import Shape
from connectors.targets.mongodb.writer import MongoWriter
from tests.fakes.bulk_writes import FakeBulk
from tests.fakes.clock import FakeClock
from tests.fakes.deadletters import FakeDeadLetters
from tests.unit.connectors.targets.mongodb.items import SCHEMA, body


class Schemas:
    def __init__(self) -> None:
        self.asked: List[str] = []

    def of(self, table: str) -> KeySchema:
        self.asked.append(table)
        return SCHEMA


class Rig:
    def __init__(self, shape: Shape = Shape(), **options: Any) -> None:  # noqa: B008
        self.bulk, self.letters = FakeBulk(), FakeDeadLetters()
        self.clock, self.schemas = FakeClock(), Schemas()
        self.writer = MongoWriter(
            self.bulk,
            self.schemas,
            shape,
            self.letters,
            Policy(deadline=30.0),
            timing=self.clock.timing(1.0),
            **options,
        )

    def values(self) -> List[Any]:
        return sorted(document["v"] for document in self.bulk.documents.values())


def put(number: int, value: str = "", table: str = "t") -> Write:
    item = {"pk": {"S": "p"}, "sk": {"N": str(number)}, "v": {"S": value or f"v{number}"}}
    return Write(table, body(item), False, f"segment {number}")


def delete(number: int, table: str = "t") -> Write:
    return Write(table, body({"sk": {"N": str(number)}, "pk": {"S": "p"}}), True, "shard")


def test_a_call_is_one_bulk_write_for_each_table() -> None:
    rig = Rig()
    report = rig.writer.write([put(1), put(2, table="u"), put(3), delete(4)])
    assert rig.bulk.calls == [("t", 3), ("u", 1)]
    assert (report.written, report.dead, report.retries) == (4, 0, 0)
    assert report.sent_bytes > 0
    assert rig.values() == ["v1", "v2", "v3"]


def test_a_delete_finds_what_a_put_has_written() -> None:
    rig = Rig()
    rig.writer.write([put(1), put(2)])
    rig.writer.write([delete(1), delete(5)])
    assert rig.values() == ["v2"]


def test_a_tables_key_is_asked_for_once() -> None:
    rig = Rig()
    for _ in range(3):
        rig.writer.write([put(1)])
    assert rig.schemas.asked == ["t"]


def test_what_is_transient_is_sent_again_until_it_gets_through() -> None:
    rig = Rig()
    rig.bulk.script.extend([TransientError("cut"), TransientError("not primary")])
    report = rig.writer.write([put(1), put(2)])
    assert (report.written, report.retries) == (2, 2)
    assert rig.values() == ["v1", "v2"]


@pytest.mark.parametrize("code", [112, 189, 10107, 11600, 16500])
def test_only_the_writes_that_were_refused_for_a_while_are_sent_again(code: int) -> None:
    rig = Rig()
    rig.bulk.script.append(BulkAnswer([Refusal(1, code, "busy")]))
    report = rig.writer.write([put(1), put(2), put(3)])
    assert rig.bulk.calls == [("t", 3), ("t", 1)]
    assert (report.written, report.dead) == (3, 0)
    assert rig.values() == ["v1", "v2", "v3"]


def test_what_a_majority_has_not_confirmed_is_written_again() -> None:
    rig = Rig()
    rig.bulk.script.append(BulkAnswer([Refusal(0, 121, "not valid")], "waiting for replication timed out"))
    report = rig.writer.write([put(1), put(2), put(3)])
    assert rig.bulk.calls == [("t", 3), ("t", 2)]
    assert (report.written, report.dead) == (2, 1)


def test_nothing_getting_through_for_the_whole_bound_is_a_transient_error() -> None:
    rig = Rig()
    rig.bulk.script.extend([TransientError("connection refused")] * 1000)
    started = rig.clock.now
    with pytest.raises(TransientError, match="no write got through for 30 s: 2 writes: connection refused"):
        rig.writer.write([put(1), put(2)])
    assert 30 < rig.clock.now - started < 60


def test_a_server_that_takes_a_little_each_time_is_slow_and_not_failed() -> None:
    rig = Rig()
    busy = [Refusal(place, 16500, "busy") for place in range(1, 60)]
    rig.bulk.script.extend(BulkAnswer(busy[: 59 - done]) for done in range(59))
    report = rig.writer.write([put(number) for number in range(60)])
    assert report.written == 60


@pytest.mark.parametrize("code", [2, 52, 121, 10334, 17280, 171])
def test_a_document_refused_for_good_is_a_dead_letter_and_the_others_are_written(code: int) -> None:
    rig = Rig()
    rig.bulk.refused["bad"] = code
    report = rig.writer.write([put(1), put(2, "bad"), put(3)])
    assert (report.written, report.dead, [write.provenance for write in report.refused]) == (
        2,
        1,
        ["segment 2"],
    )
    assert [(letter.write.provenance, letter.reason) for letter in rig.letters.letters] == [
        ("segment 2", f"refused {code}")
    ]
    assert rig.values() == ["v1", "v3"]


def test_a_duplicate_is_tried_again_before_it_counts_as_refused() -> None:
    rig = Rig()
    rig.bulk.script.append(BulkAnswer([Refusal(0, 11000, "E11000")]))
    assert rig.writer.write([put(1)]).dead == 0
    rig.bulk.refused["twice"] = 11000
    before = len(rig.bulk.calls)
    report = rig.writer.write([put(1), put(2, "twice")])
    assert (report.written, report.dead) == (1, 1)
    assert len(rig.bulk.calls) - before == DUPLICATE_TRIES


def test_transient_faults_do_not_use_up_a_duplicates_tries() -> None:
    rig = Rig()
    rig.bulk.script.extend([TransientError("cut")] * 5)
    rig.bulk.script.append(BulkAnswer([Refusal(0, 11000, "E11000")]))
    assert rig.writer.write([put(1)]).dead == 0


@pytest.mark.parametrize("code", [13, 18, 20, 73, 166])
def test_what_is_no_documents_fault_ends_the_job(code: int) -> None:
    rig = Rig()
    rig.bulk.script.append(BulkAnswer([Refusal(0, code, "not allowed")]))
    with pytest.raises(TerminalError, match="table t: writing to MongoDB: not allowed"):
        rig.writer.write([put(1)])


def test_an_item_without_a_document_is_a_dead_letter_and_never_sent() -> None:
    rig = Rig(Shape(long_as_text=False))
    bad = put(2)._replace(body=body({"pk": {"S": "p"}, "sk": {"N": "2"}, "n": {"N": "1" * 38}}))
    report = rig.writer.write([put(1), bad])
    assert (report.written, report.dead) == (1, 1)
    assert rig.bulk.calls == [("t", 1)]
    assert rig.letters.letters[0].write is bad


def test_when_every_item_is_a_dead_letter_nothing_is_sent() -> None:
    rig = Rig()
    report = rig.writer.write([put(1)._replace(body=b"{")])
    assert (report.written, report.dead, rig.bulk.calls) == (0, 1, [])


def test_dead_letters_that_cannot_be_stored_stop_the_job() -> None:
    rig = Rig()
    rig.letters._fault = TerminalError("disk full")
    rig.bulk.refused["bad"] = 121
    with pytest.raises(TerminalError, match="disk full"):
        rig.writer.write([put(1, "bad")])


def test_numbers_stored_as_text_are_logged_each_time_their_count_has_doubled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig()
    long = body({"pk": {"S": "p"}, "sk": {"N": "1"}, "n": {"N": "1" * 38}})
    with caplog.at_level(logging.WARNING):
        for _ in range(9):
            rig.writer.write([put(1)._replace(body=long)])
    found = [record.getMessage() for record in caplog.records]
    assert [text.split(": ")[1].split()[0] for text in found] == ["1", "2", "4", "8"]
    assert all("1" * 38 not in text for text in found)


def test_whoever_must_be_asked_before_an_attempt_is_asked_before_each() -> None:
    asked: List[int] = []
    rig = Rig(before_attempt=lambda: asked.append(1))
    rig.bulk.script.append(TransientError("cut"))
    rig.writer.write([put(1)])
    assert len(asked) == 2


def test_closing_the_writer_ends_its_session() -> None:
    rig = Rig()
    rig.writer.close()
    assert rig.bulk.closed


@pytest.mark.parametrize("code", [1, 11601, 112, 365, 46841])
def test_a_write_that_passes_later_is_written_and_never_a_dead_letter(code: int) -> None:
    rig = Rig()
    # Of three the second is refused, then it alone.
    rig.bulk.script.extend(BulkAnswer([Refusal(place, code, "later")]) for place in (1, 0))
    assert rig.writer.write([put(0), put(1), put(2)]).written == 3
    assert rig.letters.letters == []
    assert rig.values() == ["v0", "v1", "v2"]
