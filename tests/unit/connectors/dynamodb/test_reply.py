from __future__ import annotations

import contextlib
from typing import Iterator, List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dynamodb.reply import BODY_LIMIT, HEAD_LIMIT, HttpAnswer, Reply

OK = b"HTTP/1.1 200 OK\r\n"


class Fault(Exception):
    pass


class Pieces:
    """A connection that delivers these pieces and then ends."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self._left = b""
        self.asked: List[int] = []
        self.early: Optional[bool] = None

    def more(self, size: int, early: bool) -> bytes:
        self.asked.append(size)
        self.early = early
        piece = self._left or next(self._pieces, b"")
        if not piece:
            raise Fault("closed")
        self._left = piece[size:]
        return piece[:size]

    def fault(self, text: str) -> Fault:
        return Fault(text)


def read(*pieces: bytes) -> Tuple[HttpAnswer, bool]:
    reply = Reply(Pieces(*pieces))
    return reply.read(), reply.reusable


def answer_of(head: bytes, body: bytes = b"") -> bytes:
    return OK + head + b"\r\n\r\n" + body


@given(st.lists(st.integers(1, 60), max_size=20), st.booleans())
def test_however_an_answer_is_cut_into_pieces_it_is_the_same(sizes: List[int], chunked: bool) -> None:
    whole = (
        answer_of(b"Transfer-Encoding: chunked", b"4;x\r\nabcd\r\n2\r\nef\r\n0\r\nT: x\r\n\r\n")
        if chunked
        else answer_of(b"Content-Length: 6\r\nDate: x", b"abcdef")
    )
    pieces, at = [], 0
    for size in sizes:
        pieces.append(whole[at : at + size])
        at += size
    answer, reusable = read(*[piece for piece in pieces if piece], whole[at:] or b"never asked for")
    assert (answer.status, answer.body, reusable) == (200, b"abcdef", True)


@pytest.mark.parametrize(
    "length",
    [
        "²",
        "٣",
        "9" * 5000,
        "9" * 12,
        str(BODY_LIMIT + 1),
        "-1",
        "+2",
        "0x2",
        "2.0",
        "1_0",
        "2 2",
        "2, 3",
        "2\r\nContent-Length: 3",
        "",
        "two",
    ],
)
def test_a_content_length_that_is_not_one_small_number_is_a_fault(length: str) -> None:
    with pytest.raises(Fault):
        read(answer_of(f"Content-Length: {length}".encode(), b"{}" + b" " * 20))


def test_a_content_length_that_is_repeated_counts_once() -> None:
    assert read(answer_of(b"Content-Length: 2\r\ncontent-length: 2", b"{}"))[0].body == b"{}"


@pytest.mark.parametrize(
    "body",
    [
        b"FFFFFFFFFF\r\n{}\r\n0\r\n\r\n",
        b"FFFFFFFF\r\n{}\r\n0\r\n\r\n",
        b"-1\r\n{}\r\n0\r\n\r\n",
        b"+2\r\n{}\r\n0\r\n\r\n",
        b"0x2\r\n{}\r\n0\r\n\r\n",
        b" 2\r\n{}\r\n0\r\n\r\n",
        b"1_0\r\n{}\r\n0\r\n\r\n",
        b"\r\n{}\r\n0\r\n\r\n",
        b";x\r\n{}\r\n0\r\n\r\n",
        b"\xb2\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}0\r\n\r\n",
        b"2\r\n{}XX0\r\n\r\n",
        b"1\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}\r\n",
        b"2\r\n{}\r\n0\r\n",
        b"9" * 100_000,
        b"2;" + b"x" * 100_000,
        b"2\r\n{}\r\n0\r\n" + b"T: x\r\n" * 1000,
    ],
)
def test_chunks_that_are_not_well_formed_are_a_fault(body: bytes) -> None:
    source = Pieces(answer_of(b"Transfer-Encoding: chunked", body))
    with pytest.raises(Fault):
        Reply(source).read()
    assert max(source.asked) <= 1 << 18


def test_chunks_that_never_end_are_a_fault_before_they_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("connectors.dynamodb.reply.BODY_LIMIT", 1000)
    with pytest.raises(Fault, match="larger"):
        read(
            answer_of(b"Transfer-Encoding: chunked", b"64\r\n" + b"x" * 100 + b"\r\n"),
            *[b"64\r\n" + b"x" * 100 + b"\r\n"] * 20,
        )


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 \xb200 OK\r\nContent-Length: 2",
        b"HTTP/1.1 2000 OK\r\nContent-Length: 2",
        b"HTTP/1.1 20 OK\r\nContent-Length: 2",
        b"HTTP/1.1 " + b"2" * 5000 + b" OK\r\nContent-Length: 2",
        b"HTTP/1.1 -20 OK\r\nContent-Length: 2",
        b"HTTP/2 200\r\nContent-Length: 2",
        b"HTTP/1.1\r\nContent-Length: 2",
        b"SSH-2.0-OpenSSH",
        b"",
        b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2",
        b"HTTP/1.1 200 OK\r\nContent-Length : 2",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n folded: 1",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Encoding: gzip",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c",
        b"HTTP/1.1 200 OK",
    ],
)
def test_a_head_that_is_not_well_formed_is_a_fault(head: bytes) -> None:
    with pytest.raises(Fault):
        read(head + b"\r\n\r\n{}")


@pytest.mark.parametrize("pieces", [1, 2, 70])
def test_a_head_that_is_huge_is_a_fault(pieces: int) -> None:
    line = b"X: " + b"x" * (HEAD_LIMIT // pieces) + b"\r\n"
    with pytest.raises(Fault, match="head"):
        read(OK, *[line] * (pieces + 1), b"Content-Length: 0\r\n\r\n")


def test_a_switch_of_protocols_is_a_fault_whatever_follows() -> None:
    with pytest.raises(Fault, match="switches protocols"):
        read(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + answer_of(b"Content-Length: 2", b"{}"))


def test_an_endless_line_of_heads_is_a_fault() -> None:
    with pytest.raises(Fault):
        read(*[b"HTTP/1.1 100 Continue\r\n\r\n"] * 1000)


@pytest.mark.parametrize(
    "interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 \r\nLink: x\r\n\r\n" * 2]
)
def test_interim_answers_are_passed_over(interim: bytes) -> None:
    answer, reusable = read(interim + answer_of(b"Content-Length: 2", b"{}"))
    assert (answer.status, answer.body, reusable) == (200, b"{}", True)


@pytest.mark.parametrize(
    "whole",
    [
        answer_of(b"Content-Length: 2", b"{}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        answer_of(b"Content-Length: 2", b"{}\r\n"),
        answer_of(b"Transfer-Encoding: chunked", b"2\r\n{}\r\n0\r\n\r\nHTTP/1.1 200 OK"),
        answer_of(b"Transfer-Encoding: chunked\r\nContent-Length: 2", b"2\r\n{}\r\n0\r\n\r\n"),
        answer_of(b"Connection: close\r\nContent-Length: 2", b"{}"),
        answer_of(b"Connection: x, Close\r\nContent-Length: 2", b"{}"),
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_a_connection_with_anything_left_over_or_about_to_close_is_not_used_again(whole: bytes) -> None:
    answer, reusable = read(whole)
    assert answer.body == b"{}"
    assert not reusable


def test_an_end_before_the_first_byte_differs_from_one_after_it() -> None:
    silent, cut, interim = Pieces(), Pieces(b"HTTP"), Pieces(b"HTTP/1.1 100 Continue\r\n\r\n")
    for source in (silent, cut, interim):
        with pytest.raises(Fault):
            Reply(source).read()
    assert (silent.early, cut.early, interim.early) == (True, False, False)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", OK, answer_of(b"Transfer-Encoding: chunked"), answer_of(b"Content-Length: 9")]),
)
def test_whatever_a_server_sends_is_an_answer_or_a_fault(junk: bytes, before: bytes) -> None:
    with contextlib.suppress(Fault):
        read(before + junk)
