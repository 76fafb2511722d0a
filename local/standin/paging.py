"""Pages: the hash range of a segment, and the end of a page."""

from __future__ import annotations

from typing import Awaitable, Callable, List, NamedTuple, Optional, Tuple

from local.standin.faults import invalid

MOST_PAGE_BYTES = 1024 * 1024
MOST_SEGMENTS = 1_000_000
SHORT_PAGE = 100
FIRST_FETCH = 100
"""Rows of the first fetch. Their sizes, 400 KB each at most, determine how many more rows fill the page."""

Fetch = Callable[[Optional[bytes], int], Awaitable[List[bytes]]]


class Page(NamedTuple):
    documents: List[bytes]
    last: Optional[bytes]
    """The document after which the next page starts; None if this page is the last."""


async def read_page(fetch: Fetch, limit: Optional[int]) -> Page:
    """Up to `limit` documents or 1 MB. `fetch(after, n)` returns the next n documents after a document; for
    None, after the start of the request. Fewer than n mean the end.

    The size of a document is that of its JSON text. This is slightly more than DynamoDB counts, so pages are
    slightly shorter.
    """
    documents: List[bytes] = []
    size = 0
    while True:
        count = next_fetch(limit, len(documents), size)
        rows = await fetch(documents[-1] if documents else None, count)
        for document in rows:
            documents.append(document)
            size += len(document)
            if size >= MOST_PAGE_BYTES or len(documents) == limit:
                return Page(documents, document)
        if len(rows) < count:
            return Page(documents, None)


def next_fetch(limit: Optional[int], have: int, size: int) -> int:
    """The number of rows to fetch: the rest of the limit, or as many as should fill the page."""
    estimate = (MOST_PAGE_BYTES - size) * have // max(size, 1) + 1 if have else FIRST_FETCH
    return estimate if limit is None else min(estimate, limit - have)


def hash_range(segment: Optional[int], total: Optional[int]) -> Tuple[int, int]:
    """First and last hash of a segment. Segments are equal parts of the signed 64-bit numbers."""
    if (segment is None) != (total is None):
        raise invalid("Segment and TotalSegments go together")
    if segment is None or total is None:
        segment, total = 0, 1
    if not 1 <= total <= MOST_SEGMENTS:
        raise invalid(f"TotalSegments must be from 1 to {MOST_SEGMENTS}")
    if not 0 <= segment < total:
        raise invalid(f"Segment must be from 0 to TotalSegments - 1, which is {total - 1}")
    first, end = ((part * 2**64) // total - 2**63 for part in (segment, segment + 1))
    return first, end - 1


def page_limit(wanted: Optional[int], short_pages: bool) -> Optional[int]:
    if wanted is not None and wanted < 1:
        raise invalid("Limit must be at least 1")
    return SHORT_PAGE if wanted is None and short_pages else wanted
