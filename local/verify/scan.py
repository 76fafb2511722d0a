"""Reads a whole table with Scan, several segments at a time."""

from __future__ import annotations

import queue
import threading
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

import msgspec

from local.traffic.client import Client
from local.traffic.requests import encode

SEGMENTS = 4
PAGE_ITEMS = 1000
"""Limit of a page: about the number of 1 KB items in 1 MB. Without a limit, DynamoDB Local is slow."""
WAITING = 8
"""Maximum pages in memory for each side."""

Reduce = Callable[[Dict[str, Any]], Any]


class _Page(msgspec.Struct, rename="pascal"):
    items: List[msgspec.Raw] = msgspec.field(default_factory=list)
    """Items are decoded one at a time, because the garbage collector would cost more than parsing if a whole
    page were decoded at once."""
    last_evaluated_key: Optional[Dict[str, Any]] = None


class _End(NamedTuple):
    error: Optional[BaseException]


def scan(
    client: Client, table: str, reduce: Reduce, consistent: bool = False, segments: int = SEGMENTS
) -> Iterator[List[Any]]:
    """Pages of `reduce(item)` for every item, in any order.

    `reduce` runs in the reading threads, so that whole items do not accumulate. `consistent`: use consistent
    reads, which PolarDB does not support. Raises CallError if a page cannot be read within a minute.
    """
    pages: queue.Queue[Any] = queue.Queue(WAITING)
    stop = threading.Event()
    for segment in range(segments):
        request = {"TableName": table, "Segment": segment, "TotalSegments": segments, "Limit": PAGE_ITEMS}
        if consistent:
            request["ConsistentRead"] = True
        arguments = (client, request, reduce, pages, stop)
        threading.Thread(target=_segment, args=arguments, daemon=True).start()
    open_segments = segments
    try:
        while open_segments:
            page = pages.get()
            if not isinstance(page, _End):
                yield page
            elif page.error is not None:
                raise page.error
            else:
                open_segments -= 1
    finally:
        stop.set()
        _drain(pages)


def _segment(
    client: Client,
    request: Dict[str, Any],
    reduce: Reduce,
    pages: queue.Queue[Any],
    stop: threading.Event,
) -> None:
    decoder, decode = msgspec.json.Decoder(_Page), msgspec.json.Decoder(Dict[str, Any]).decode
    try:
        while not stop.is_set():
            page = decoder.decode(client.insist("Scan", encode(request)))
            pages.put([reduce(decode(item)) for item in page.items])
            if page.last_evaluated_key is None:
                break
            request["ExclusiveStartKey"] = page.last_evaluated_key
    except BaseException as error:
        pages.put(_End(error))
    else:
        pages.put(_End(None))


def _drain(pages: queue.Queue[Any]) -> None:
    """Empty the queue, so that readers that wait for space notice that they must stop."""
    try:
        while True:
            pages.get_nowait()
    except queue.Empty:
        return
