from __future__ import annotations

from typing import List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import TerminalError
from connectors.postgres.pgoutput.decoder import Decoder
from connectors.postgres.pgoutput.errors import MalformedMessage
from connectors.postgres.pgoutput.messages import (
    UNCHANGED,
    Commit,
    Delete,
    Insert,
    Message,
    Relation,
    StreamAbort,
    StreamStart,
    StreamStop,
    Update,
)
from tests.fakes.pgoutput import data, encode, origins, rows, starts, stream_ends, version1

LSN = 0x16_B374D848
START, STOP = encode(StreamStart(7, True)), encode(StreamStop())


def within_stream() -> Decoder:
    decoder = Decoder(2)
    decoder.decode(START, LSN)
    return decoder


places = st.one_of(
    st.tuples(st.just("version 1"), version1.map(encode)),
    st.tuples(st.just("between"), st.one_of(version1, starts, stream_ends).map(encode)),
    st.tuples(
        st.just("within"),
        st.one_of(data(9).map(lambda m: encode(m, streamed=True)), origins.map(encode), st.just(STOP)),
    ),
)
"""Any message that may come, and where."""


def decoder_at(place: str) -> Decoder:
    return within_stream() if place == "within" else Decoder(1 if place == "version 1" else 2)


def value_or_clean_error(place: str, message: bytes) -> None:
    error = refusal(place, message)
    if error:
        assert error.lsn == LSN
        assert 0 <= error.offset <= len(message)
        assert error.kind in str(error)
        assert "16/B374D848" in str(error)


def refusal(place: str, message: bytes) -> Optional[MalformedMessage]:
    try:
        decoder_at(place).decode(message, LSN)
    except MalformedMessage as error:
        return error
    return None


@given(version1)
def test_every_message_of_version_1_decodes_to_itself_in_both_versions(message: Message) -> None:
    assert Decoder(1).decode(encode(message), LSN) == message
    assert Decoder(2).decode(encode(message), LSN) == message


@given(st.one_of(starts, stream_ends))
def test_every_message_about_a_stream_decodes_to_itself(message: Message) -> None:
    assert Decoder(2).decode(encode(message), LSN) == message


@given(st.lists(st.one_of(data(1), data(2**32 - 1)), max_size=4), st.lists(version1, max_size=3))
def test_the_xid_before_a_change_is_read_within_a_block_and_only_there(
    streamed: List[Message], plain: List[Message]
) -> None:
    decoder = within_stream()
    assert [decoder.decode(encode(m, streamed=True), LSN) for m in streamed] == streamed
    assert decoder.decode(STOP, LSN) == StreamStop()
    assert [decoder.decode(encode(m), LSN) for m in plain] == plain


@given(origins)
def test_an_origin_has_no_xid_even_within_a_block(message: Message) -> None:
    assert within_stream().decode(encode(message), LSN) == message


@given(places)
def test_a_message_truncated_anywhere_is_a_clean_error(placed: Tuple[str, bytes]) -> None:
    place, message = placed
    for length in range(len(message)):
        with pytest.raises(MalformedMessage):
            decoder_at(place).decode(message[:length], LSN)


@given(places, st.binary(min_size=1, max_size=3))
def test_a_message_with_bytes_left_over_is_a_clean_error(placed: Tuple[str, bytes], more: bytes) -> None:
    place, message = placed
    with pytest.raises(MalformedMessage):
        decoder_at(place).decode(message + more, LSN)


@given(places, st.data())
def test_a_message_with_bytes_changed_is_a_value_or_a_clean_error(
    placed: Tuple[str, bytes], draw: st.DataObject
) -> None:
    place, message = placed
    changed = bytearray(message)
    for _ in range(draw.draw(st.integers(1, 3))):
        changed[draw.draw(st.integers(0, len(changed) - 1))] = draw.draw(st.integers(0, 255))
    value_or_clean_error(place, bytes(changed))


@given(places)
def test_each_byte_set_to_its_extremes_is_a_value_or_a_clean_error(placed: Tuple[str, bytes]) -> None:
    place, message = placed
    for at in range(len(message)):
        for byte in (b"\x00", b"\x7f", b"\x80", b"\xff"):
            value_or_clean_error(place, message[:at] + byte + message[at + 1 :])


@given(st.sampled_from(["version 1", "between", "within"]), st.binary(max_size=60))
def test_any_bytes_are_a_value_or_a_clean_error(place: str, message: bytes) -> None:
    value_or_clean_error(place, message)


@given(rows)
def test_an_error_does_not_change_the_decoder(values: List[object]) -> None:
    decoder = within_stream()
    with pytest.raises(MalformedMessage):
        decoder.decode(b"S", LSN)
    change = Insert(3, values, 9)  # type: ignore[arg-type]
    assert decoder.decode(encode(change, streamed=True), LSN) == change


def test_a_value_is_a_slice_of_bytes_and_not_decoded() -> None:
    read = Decoder().decode(encode(Insert(1, [b"\xff\xfe", None])), LSN)
    assert isinstance(read, Insert)
    assert read.new == [b"\xff\xfe", None]
    assert type(read.new[0]) is bytes


def test_null_unchanged_and_empty_are_distinguished() -> None:
    change = Update(1, [None, UNCHANGED, b""])
    read = Decoder().decode(encode(change), LSN)
    assert isinstance(read, Update)
    assert (read.new[0], read.new[1], read.new[2]) == (None, UNCHANGED, b"")


@pytest.mark.parametrize("version", [1, 2])
def test_the_abort_of_a_transaction_that_was_never_sent_is_read_in_both_versions(version: int) -> None:
    assert Decoder(version).decode(encode(StreamAbort(7, 8)), 5) == StreamAbort(7, 8)


@pytest.mark.parametrize("message", [START, STOP])
def test_streams_are_refused_in_protocol_version_1(message: bytes) -> None:
    with pytest.raises(MalformedMessage, match="not allowed here in protocol version 1"):
        Decoder(1).decode(message, LSN)


def test_a_block_within_a_block_is_refused() -> None:
    with pytest.raises(MalformedMessage, match=r"Stream Start .* not allowed within a streamed block"):
        within_stream().decode(START, LSN)


def test_the_end_of_a_block_without_a_beginning_is_refused() -> None:
    with pytest.raises(MalformedMessage, match=r"Stream Stop .* not allowed here"):
        Decoder(2).decode(STOP, LSN)


def test_a_two_phase_message_of_version_3_is_refused_by_name() -> None:
    with pytest.raises(MalformedMessage, match="no message of protocol version 2 begins with b'P'"):
        Decoder(2).decode(b"P" + bytes(40), LSN)


def test_an_error_says_which_message_and_where() -> None:
    whole = encode(Insert(1, [b"abc", b"defg"]))
    with pytest.raises(TerminalError, match=r"Insert at LSN 16/B374D848, byte 8: .*column 1 of 2") as caught:
        Decoder().decode(whole[:9], LSN)
    assert isinstance(caught.value, MalformedMessage)
    with pytest.raises(MalformedMessage, match=r"byte 24: 1 bytes are missing"):
        Decoder().decode(whole[:-1], LSN)


@pytest.mark.parametrize(
    ("message", "at", "problem"),
    [
        (Insert(1, [b"x"]), 5, "expected the new row, found 0x5a"),
        (Update(1, [b"x"]), 5, "expected the old key, the old row or the new row, found 0x5a"),
        (Update(1, [b"x"], key=[None]), 9, "expected the new row, found 0x5a"),
        (Delete(1, key=[None]), 5, "expected the old key or the old row, found 0x5a"),
        (Insert(1, [b"x"]), 8, "column 1 has the unknown kind 0x5a"),
        (Relation(1, "s", "t", "d", ()), 9, "unknown replica identity 0x5a"),
        (Commit(1, 2, 3), 1, "unknown flags 0x5a"),
    ],
)
def test_an_unknown_kind_byte_is_named_with_its_offset(message: Message, at: int, problem: str) -> None:
    changed = bytearray(encode(message))
    changed[at] = 0x5A
    with pytest.raises(MalformedMessage, match=rf"byte {at}: {problem}"):
        Decoder().decode(bytes(changed), LSN)


def test_a_corrupt_count_does_not_allocate() -> None:
    with pytest.raises(MalformedMessage, match="missing"):
        Decoder().decode(b"T" + b"\xff\xff\xff\xff\x00", LSN)


@pytest.mark.parametrize("version", [0, 3, 4])
def test_other_protocol_versions_are_refused(version: int) -> None:
    with pytest.raises(ValueError, match="protocol version"):
        Decoder(version)
