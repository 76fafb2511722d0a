from __future__ import annotations

from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.canned.errors import Refusal
from bench.canned.wire import HEAD_LIMIT, Heads, Inbox, Request


def request(operation: str, body: bytes) -> bytes:
    head = f"POST / HTTP/1.1\r\nhost: x\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


def drain(inbox: Inbox) -> List[Request]:
    found = []
    one = inbox.next()
    while one is not None:
        found.append(one)
        one = inbox.next()
    return found


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5), st.lists(st.integers(0, 3000), max_size=12))
def test_requests_come_out_whole_however_their_bytes_are_cut(bodies: List[bytes], cuts: List[int]) -> None:
    data = b"".join(request("Scan", body) for body in bodies)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    inbox, found = Inbox(), []
    for start, stop in zip(edges, edges[1:]):
        inbox.feed(data[start:stop])
        found += drain(inbox)
    assert found == [Request("Scan", body) for body in bodies]


def test_a_get_is_known_by_its_path() -> None:
    inbox = Inbox()
    inbox.feed(b"GET /_stats HTTP/1.1\r\nHost: x\r\n\r\n")
    assert inbox.next() == Request("/_stats", b"")


def test_a_chunked_body_is_refused_rather_than_misread() -> None:
    inbox = Inbox()
    inbox.feed(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    with pytest.raises(Refusal, match="Content-Length"):
        inbox.next()


def test_headers_without_an_end_are_refused() -> None:
    inbox = Inbox()
    inbox.feed(b"x" * HEAD_LIMIT)
    with pytest.raises(Refusal, match="no end of headers"):
        inbox.next()


def test_an_answer_reports_its_date_and_length() -> None:
    head = Heads().head(17)
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nDate: " in head
    assert head.endswith(b"\r\nContent-Length: 17\r\n\r\n")
