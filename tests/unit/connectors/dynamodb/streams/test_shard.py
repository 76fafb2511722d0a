from __future__ import annotations

from typing import Tuple

import pytest

from connectors.base.errors import GapError, TerminalError, TransientError
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.streams import position
from connectors.dynamodb.streams.cursor import FULL_PAGE, PATIENCE
from connectors.dynamodb.streams.position import ShardPosition
from tests.fakes.streams import FakeStreams
from tests.unit.connectors.dynamodb.streams.bench import Bench, digest, read, values


def test_a_fresh_shard_is_read_from_its_beginning_to_its_end() -> None:
    bench = Bench()
    bench.put(1, 2, 3)
    bench.rotate()
    assert read(bench.split(limit=2)) == ([1, 2, 3], True)
    assert bench.fake.taken == [(bench.shard_id, "TRIM_HORIZON", None)]


def test_a_page_has_the_changes_in_their_order_and_says_where_they_came_from() -> None:
    bench = Bench()
    for key in "abc":
        bench.put(1, 2, key=key)
    bench.fake.delete(bench.arn, "a", by_ttl=True)
    split = bench.split()
    page = split.next_page()
    assert page is not None
    assert (page.read, page.done, page.bodies) == (7, False, ())
    assert [delete for _, _, delete in page.changes] == [False] * 6 + [True]
    assert values(page._replace(changes=page.changes[:-1])) == [1, 2] * 3
    assert page.changes[-1] == (digest(b'{"pk": {"S": "a"}}'), b'{"pk": {"S": "a"}}', True)
    assert page.size > sum(len(body) for _, body, _ in page.changes)
    assert (split.split_id, page.origin) == (
        f"orders/3/{bench.shard_id}",
        f"shard {bench.shard_id} after its start",
    )


def test_a_resumed_shard_continues_after_its_position() -> None:
    bench = Bench()
    bench.put(1, 2, 3)
    split = bench.split(limit=2)
    assert values(split.next_page()) == [1, 2]
    bench.rotate()
    resumed = bench.split(split.last)
    assert read(resumed) == ([3], True)
    assert bench.fake.taken[-1][1:] == (
        "AFTER_SEQUENCE_NUMBER",
        ShardPosition.decode(split.last).sequence,
    )


def test_the_position_is_the_one_after_the_page_that_was_returned_last() -> None:
    bench = Bench()
    bench.put(*range(100))
    split = bench.split(limit=7)
    for _ in range(14):
        last = values(split.next_page())[-1]
        assert values(bench.split(split.last, limit=1).next_page()) == [last + 1]


def test_empty_pages_before_data_are_not_the_end() -> None:
    bench = Bench()
    bench.put(1)
    bench.rotate()
    bench.fake.empty_pages(7)
    assert read(bench.split(), 20) == ([1], True)


def test_an_expired_iterator_is_replaced_at_the_position() -> None:
    bench = Bench()
    bench.put(1)
    split = bench.split()
    assert read(split) == ([1], False)
    bench.fake.now += 16 * 60
    bench.put(2)
    assert split.next_page() is None
    assert split.next_awake() <= bench.tick + 1
    assert read(split) == ([2], False)
    assert [kind for _, kind, _ in bench.fake.taken] == ["TRIM_HORIZON", "AFTER_SEQUENCE_NUMBER"]


def test_new_iterators_that_are_refused_are_taken_again_more_and_more_slowly() -> None:
    bench = Bench()
    bench.put(1)
    bench.fake.fail("get_records", "ExpiredIteratorException", 5)
    split, pauses = bench.split(), []
    for _ in range(5):
        assert split.next_page() is None
        pauses.append(split.next_awake() - bench.tick)
    assert all(0.25 * 2**n <= pause <= 0.5 * 2**n for n, pause in enumerate(pauses))
    assert values(split.next_page()) == [1]


def test_new_iterators_that_are_refused_for_minutes_end_in_a_transient_error() -> None:
    bench = Bench()
    bench.fake.fail("get_records", "ExpiredIteratorException", 2)
    split = bench.split()
    split.next_page()
    bench.tick += PATIENCE + 1
    with pytest.raises(TransientError, match="iterators are refused"):
        split.next_page()


def test_a_record_that_was_read_before_is_dropped() -> None:
    bench = Bench()
    bench.put(1, 2, 3)
    records = bench.fake.open_shards(bench.arn)[0].records
    records[2].sequence = records[0].sequence
    assert read(bench.split()) == ([1, 2], False)


def test_zeros_in_front_of_a_sequence_number_are_given_back() -> None:
    bench = Bench()
    bench.put(1)

    class Padded(FakeStreams):
        def get_records(self, iterator: str, limit: int) -> Tuple[bytes, float]:
            body, now = super().get_records(iterator, limit)
            return body.replace(b'"SequenceNumber": "', b'"SequenceNumber": "000'), now

    bench.fake.__class__ = Padded
    split = bench.split()
    split.next_page()
    assert ShardPosition.decode(split.last).sequence.startswith("0009")


def test_changes_older_than_needed_are_left_out_but_the_position_moves_over_them() -> None:
    bench = Bench()
    bench.put(1, 2)
    bench.fake.now += 600
    bench.put(3)
    split = bench.split(skip_before=bench.fake.now - 60, limit=2)
    first = split.next_page()
    assert first is not None
    assert (first.changes, first.read) == ([], 2)
    assert read(bench.split(split.last)) == ([3], False)


def test_full_pages_follow_each_other_at_once_and_an_idle_shard_is_asked_once_a_second() -> None:
    bench = Bench()
    bench.put(1, 2, 3)
    split = bench.split(limit=2)
    pauses = []
    for _ in range(20):
        split.next_page()
        pauses.append(split.next_awake() - bench.tick)
    assert pauses[:2] == pytest.approx([0.0, 0.1])
    assert pauses[2:] == sorted(pauses[2:])
    assert pauses[-1] == pytest.approx(1.0)
    bench.put(4)
    split.next_page()
    assert split.next_awake() - bench.tick == pytest.approx(0.1)


@pytest.mark.parametrize("operation", ["get_records", "get_shard_iterator"])
def test_throttling_backs_off_and_loses_nothing(operation: str) -> None:
    bench = Bench()
    bench.put(1)
    bench.fake.throttle(4, operation)
    split = bench.split()
    pauses = []
    for _ in range(4):
        assert split.next_page() is None
        pauses.append(split.next_awake() - bench.tick)
    assert all(0.25 * 2**n <= pause <= 0.5 * 2**n for n, pause in enumerate(pauses))
    assert values(split.next_page()) == [1]


def test_endless_throttling_is_a_transient_error_that_names_the_cause() -> None:
    bench = Bench()
    bench.fake.throttle(2)
    split = bench.split()
    split.next_page()
    bench.tick += PATIENCE + 1
    with pytest.raises(TransientError, match="at most two readers"):
        split.next_page()


def test_throttling_now_and_then_over_a_long_time_is_no_error() -> None:
    """Only throttling without an answer in between lasts."""
    bench = Bench()
    split = bench.split()
    for _ in range(3):
        bench.fake.throttle(1)
        assert split.next_page() is None
        bench.put(1)
        assert split.next_page() is not None
        bench.tick += PATIENCE


def test_a_fault_that_cannot_be_fixed_here_is_handed_on() -> None:
    bench = Bench()
    bench.fake.fail("get_records", "AccessDeniedException")
    with pytest.raises(ServiceError, match="AccessDenied"):
        bench.split().next_page()


def test_a_stream_without_new_images_is_refused_by_name() -> None:
    bench = Bench()
    bench.fake.streams[bench.arn].view = "OLD_IMAGE"
    bench.put(1)
    with pytest.raises(TerminalError, match=r"orders.*OLD_IMAGE"):
        bench.split().next_page()


def test_a_dropped_stream_is_a_gap() -> None:
    bench = Bench()
    split = bench.split()
    split.next_page()
    bench.fake.drop(bench.arn)
    with pytest.raises(GapError, match=r"orders.*gone"):
        split.next_page()


def test_the_horizon_follows_the_records_then_the_clock_at_the_tip_and_never_goes_back() -> None:
    bench = Bench()
    now = bench.fake.now
    bench.put(1)
    split = bench.split()
    page = split.next_page()
    assert page is not None
    assert page.horizon == now - position.ROUNDING
    bench.fake.now += 100
    for _ in range(position.TIP_PAGES - 1):
        assert split.next_page() is None
    page = split.next_page()
    assert page is not None
    assert page.horizon == now + 100 - position.ALLOWANCE
    assert split.next_page() is None
    bench.fake.now += 1
    bench.put(2)
    page = split.next_page()
    assert page is not None
    assert page.horizon == now + 100
    bench.rotate()
    page = split.next_page()
    assert page is not None
    assert page.done
    assert page.horizon == now + 100


def test_a_new_iterator_has_to_reach_the_tip_again() -> None:
    bench = Bench()
    split = bench.split()
    for _ in range(position.TIP_PAGES):
        split.next_page()
    reached = ShardPosition.decode(split.last or b"").horizon
    assert reached > 0
    bench.fake.now += 100
    bench.fake.expire_iterators()
    assert [split.next_page() for _ in range(position.TIP_PAGES)] == [None] * position.TIP_PAGES
    assert ShardPosition.decode(split.last).horizon == reached


def test_closing_lets_go_of_the_iterator_only() -> None:
    bench = Bench()
    bench.put(1, 2)
    split = bench.split(limit=1)
    assert values(split.next_page()) == [1]
    split.close()
    assert values(split.next_page()) == [2]


def test_a_shard_whose_oldest_record_is_trimmed_before_the_first_read_is_asked_for_the_next_oldest() -> None:
    """Nothing of it was read. A new iterator begins at what is left; `gap` decides whether that is all."""
    bench = Bench()
    bench.put(1, 2)
    bench.fake.fail("get_records", "TrimmedDataAccessException")
    split = bench.split()
    assert split.next_page() is None
    bench.tick += PATIENCE
    assert values(split.next_page()) == [1, 2]


def test_a_page_that_may_have_ended_at_the_services_limit_of_bytes_is_followed_at_once() -> None:
    """Large items fill a page of 1 MB with few records. A pause after each would bound a shard's rate."""
    bench = Bench()
    bench.put(1)
    received = bench.fake.get_records
    for padding, pause in ((b"", 0.1), (b" " * FULL_PAGE, 0.0)):

        def padded(iterator: str, limit: int, more: bytes = padding) -> Tuple[bytes, float]:
            body, now = received(iterator, limit)
            return body + more, now

        bench.fake.get_records = padded  # type: ignore[method-assign]
        split = bench.split()
        assert values(split.next_page()) == [1]
        assert split.next_awake() == bench.tick + pause
