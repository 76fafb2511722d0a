"""A steady load of puts in batches, as applications with high throughput write.

    python -m bench.writes --endpoint URL --tables 3 --items 3000 --rate 500 --seconds 60

The local source accepts fewer than 400 single writes per second on two cores, and more in batches.
Credentials come from the environment. Prints the number of writes every five seconds.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import List

from local.traffic import Client, Plan
from local.traffic.items import item_of
from local.traffic.load import write_batch
from local.traffic.pacer import Pacer
from local.traffic.plan import Table
from local.traffic.requests import batch_of

THREADS, REPORT_EVERY = 4, 5.0


class Writes:
    """Puts over all tables in turn; each round gives every item a new version."""

    def __init__(self, client: Client, plan: Plan, rate: float, batch: int) -> None:
        self._client, self._plan, self._batch = client, plan, batch
        self._pacer = Pacer(rate / batch, time.monotonic())
        self._numbers = itertools.count()
        self.done = 0

    def run(self, until: float) -> None:
        """The part of one thread. `until`: seconds of time.monotonic."""
        while time.monotonic() < until:
            body = self._body(next(self._numbers))
            now = time.monotonic()
            time.sleep(max(0.0, self._pacer.slot(now) - now))
            write_batch(self._client, body)
            self.done += self._batch  # a lost update would understate the load, never overstate it

    def _body(self, number: int) -> bytes:
        tables: List[Table] = list(self._plan.all_tables)
        turn, table = number // len(tables), tables[number % len(tables)]
        count = self._plan.loaded(table)
        version, start = divmod(turn * self._batch, count)
        puts = [item_of(self._plan, table, (start + nth) % count, version + 1) for nth in range(self._batch)]
        return batch_of(table, puts)


def main(argv: List[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench.writes", description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--tables", type=int, required=True, help="of the plan that was loaded")
    parser.add_argument("--items", type=int, required=True, help="of that plan")
    parser.add_argument("--rate", type=float, required=True, help="writes a second")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--batch", type=int, default=10, help="writes of a request (default: %(default)s)")
    options = parser.parse_args(argv)
    plan = Plan(tables=options.tables, items=options.items, large_share=0.0)
    writes = Writes(Client.from_environment(options.endpoint), plan, options.rate, options.batch)
    started = time.monotonic()
    until = started + options.seconds
    with ThreadPoolExecutor(THREADS) as pool:
        ends = [pool.submit(writes.run, until) for _ in range(THREADS)]
        while time.monotonic() < until:
            time.sleep(REPORT_EVERY)
            seconds = time.monotonic() - started
            print(f"{seconds:.0f} s: {writes.done} writes ({writes.done / seconds:.0f}/s)", flush=True)
    for end in ends:
        end.result()


if __name__ == "__main__":
    main(sys.argv[1:])
