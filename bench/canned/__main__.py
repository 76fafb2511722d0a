"""`python -m bench.canned --items 100000 --tables 2`: prints its two addresses as JSON, then serves.

`GET /_stats` on either port returns the counters. With `--gate`, the operations that move data wait until
`GET /_open`, so that a client's start-up can be distinguished from its work.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
from typing import Tuple

from bench.canned import mirror
from bench.canned.live import LiveSource, LiveTables, differing
from bench.canned.live_streams import LiveStreams
from bench.canned.server import Server
from bench.canned.source import Operations, Source, table_names
from bench.canned.stats import Stats
from bench.canned.streams import Streams
from bench.canned.target import Target

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _NEVER = -1, -3, 1 << 30


def main() -> None:
    arguments = parse()
    stats = Stats()
    gated = {"Scan": arguments.items, "GetRecords": arguments.records} if arguments.gate else {}
    server = Server(stats, frozenset(operation for operation, count in gated.items() if count))
    tables = Source(arguments.tables, arguments.items, stats, kilobytes=arguments.kilobytes)
    source = mirror.operations(tables, units=True) if arguments.mirror else tables.operations()
    source.update(Streams(arguments.tables, arguments.records, arguments.shards, stats).operations())
    target = Target(stats, arguments.verify).operations()
    if arguments.live:
        source, target = live_sides(arguments, stats)
    source_port = server.listen(arguments.source_port, source)
    if arguments.mirror:
        target = mirror.operations(Source(arguments.tables, arguments.items, stats, "target"), units=False)
    target_port = server.listen(arguments.target_port, target)
    addresses = {
        "source": f"http://127.0.0.1:{source_port}",
        "target": f"http://127.0.0.1:{target_port}",
        "tables": table_names(arguments.tables),
    }
    print(json.dumps(addresses), flush=True)
    gc.freeze()
    keep_memory()
    server.serve()


def live_sides(arguments: argparse.Namespace, stats: Stats) -> Tuple[Operations, Operations]:
    streams = LiveStreams(arguments.tables, arguments.shards, stats)
    sides = [LiveSource(arguments.tables, arguments.items, stats, name) for name in ("source", "target")]
    stats.differing = lambda: differing(*sides)
    source = {**LiveTables(sides[0], streams.written).operations(), **streams.operations()}
    return source, LiveTables(sides[1]).operations()


def keep_memory() -> None:
    """Keep freed pages of 1 MB in the heap: glibc would map and zero each again, a millisecond per page."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, _NEVER)
        libc.mallopt(_M_TRIM_THRESHOLD, _NEVER)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.canned", description=__doc__)
    parser.add_argument("--items", type=int, default=100_000, help="total over the tables")
    parser.add_argument("--kilobytes", type=int, default=1, help="of each item")
    parser.add_argument("--records", type=int, default=0, help="stream records, total over the tables")
    parser.add_argument("--tables", type=int, default=1)
    parser.add_argument("--shards", type=int, default=4, help="open shards of each stream")
    parser.add_argument("--source-port", type=int, default=0)
    parser.add_argument("--target-port", type=int, default=0)
    parser.add_argument("--gate", action="store_true", help="hold Scan and GetRecords until /_open")
    parser.add_argument("--verify", action="store_true", help="count distinct keys at the target too")
    parser.add_argument("--live", action="store_true", help="both sides hold the items, and accept puts")
    parser.add_argument("--mirror", action="store_true", help="the target holds the source's items too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
