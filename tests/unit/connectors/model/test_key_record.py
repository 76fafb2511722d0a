"""The segments of changed keys: their names, their contents, what they cover, and folding."""

from __future__ import annotations

from typing import List

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.model.key_record import (
    FOLD,
    TOO_MANY,
    KeySegment,
    LogPart,
    SegmentName,
    covered,
    foldable,
    folded,
    sealed,
    segment_name,
    unsealed,
)

PART = LogPart("flink_slot", "1796077478878719", "pub_1")
KEY, OTHER = msgspec.Raw(b'{"id":{"S":"a"}}'), msgspec.Raw(b'{"id":{"S":"b"}}')


def name(first: int, through: int, level: int = 0, part: LogPart = PART) -> SegmentName:
    return SegmentName(part, level, first, through)


def test_a_name_says_which_part_of_the_log_a_segment_covers() -> None:
    assert segment_name(name(1, 1 << 60, 3).text) == name(1, 1 << 60, 3)


@pytest.mark.parametrize(
    "text", ["", "probe-x", "dead-1.jsonl", name(1, 2).text + "x", "x" + name(1, 2).text[4:]]
)
def test_other_objects_are_no_segments(text: str) -> None:
    assert segment_name(text) is None or segment_name(text) != name(1, 2)


def test_a_segment_that_was_damaged_edited_or_renamed_is_not_read() -> None:
    segment = KeySegment(name(1, 9).text, {"t": [KEY]}, {"u": "why"}, [3])
    contents = sealed(segment)
    assert unsealed(contents, name(1, 9)) == segment
    assert unsealed(contents.replace(b'"a"', b'"b"'), name(1, 9)) is None
    assert unsealed(contents[:-1], name(1, 9)) is None
    assert unsealed(contents, name(1, 10)) is None
    assert unsealed(b"", name(1, 9)) is None


def test_segments_cover_the_log_up_to_the_first_hole() -> None:
    names = [name(10, 20), name(20, 30), name(31, 40)]
    found = covered(names, PART, 15)
    assert (found.names, found.reached, found.hole) == (names[:2], 30, True)
    assert covered(names[:2], PART, 15).hole is False
    assert covered(names, PART, 5) == ([], 5, True)
    assert covered(names, PART, 40) == ([], 40, False)


def test_a_longer_segment_takes_the_place_of_those_that_it_covers() -> None:
    long = name(10, 40, 1)
    assert covered([name(10, 20), long, name(20, 30), name(30, 50)], PART, 10).names == [long, name(30, 50)]


@pytest.mark.parametrize(
    "other", [PART._replace(server="2"), PART._replace(slot="x"), PART._replace(publication="y")]
)
def test_a_segment_of_another_server_slot_or_publication_covers_nothing(other: LogPart) -> None:
    assert covered([name(10, 20), name(20, 30, part=other)], PART, 10).reached == 20


def series(*bounds: int) -> List[SegmentName]:
    return [name(first, through) for first, through in zip(bounds, bounds[1:])]


def test_segments_that_follow_one_another_are_folded_and_others_are_not() -> None:
    whole = series(*range(0, 10 * (FOLD + 1), 10))
    assert foldable(whole) == whole[:FOLD]
    assert foldable(whole[:-1]) == []
    assert foldable([*whole[:5], *whole[6:]]) == []
    again = [*whole[:3], name(5, 28), *whole[3:]]  # as after a crash
    assert len(foldable(again)) == FOLD


def test_a_folded_segment_knows_and_does_not_know_what_its_parts_did() -> None:
    names = [name(10, 20), name(20, 30)]
    parts = [
        KeySegment(names[0].text, {"t": [KEY], "u": [KEY]}, {}, [3], {"t": [5, 7], "u": [6]}),
        KeySegment(names[1].text, {"t": [KEY, OTHER]}, {"v": "why"}, [1, 3], {"t": [4, 5]}),
    ]
    one = folded(parts, names)
    assert one.name == name(10, 30, 1).text
    assert one.keys == {"t": [KEY, OTHER], "u": [KEY]}
    assert (one.unknown, one.skipped) == ({"v": "why"}, [1, 3])
    assert one.fed == {"t": [4, 5, 7], "u": [6]}


def test_too_many_keys_make_the_changes_of_their_tables_unknown() -> None:
    parts = [KeySegment(name(1, 2).text, {"t": [KEY], "u": [OTHER]})]
    one = folded(parts, [name(1, 2)], most=1)
    assert (one.keys, one.unknown) == ({}, {"t": TOO_MANY, "u": TOO_MANY})


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12),
    st.integers(0, 60),
)
def test_every_position_that_counts_as_covered_is_in_a_segment(pairs: List, since: int) -> None:  # type: ignore[type-arg]
    names = [name(first, first + length) for first, length in pairs]
    found = covered(names, PART, since)
    for position in range(since, found.reached):
        assert any(each.first <= position < each.through for each in found.names)
    assert not any(each.first <= found.reached < each.through for each in names)
