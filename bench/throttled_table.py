"""One of four tables accepts 5 writes per second: the delay of the changes of the others.

    python -m bench.throttled_table --rate 200 --rounds 3

Rounds with and without throttling alternate, each with servers and a job of its own, behind the same proxy.
The writes go to all four tables in turn, so the throttled one falls behind more and more. The markers are in
another table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from typing import Any, Dict, List

from bench.delay import forward, measure
from bench.subprocesses import helper
from local.demo.servers import home, servers
from local.traffic import Plan

PLAN = Plan(tables=4, items=3_000, large_share=0.0)
THROTTLED = PLAN.all_tables[-1].name
ACCEPTED = 5.0
"""Writes per second that the throttled table accepts."""


def main(argv: List[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench.throttled_table", description=__doc__)
    parser.add_argument("--rate", type=float, default=200, help="writes a second (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=30, help="of measuring (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of each kind (default: %(default)s)")
    options = parser.parse_args(argv)
    figures: Dict[bool, List[float]] = {False: [], True: []}
    for _ in range(options.rounds):
        for throttled, measured in figures.items():
            one = run(throttled, options.rate, options.seconds)
            print(json.dumps({"throttled": throttled, **one}), flush=True)
            measured.append(one["delay_ms"]["p99"])
    before, beside = (statistics.median(measured) for measured in figures.values())
    print(json.dumps({"p99_ms": {"not throttled": before, "throttled": beside}, "ratio": beside / before}))


def run(throttled: bool, rate: float, seconds: float) -> Dict[str, Any]:
    with home() as where:
        stack = servers(where)
        stack.stack.up(lambda text: None)
        standin = stack.stack.standin
        assert standin is not None
        limits = (f"--upstream={standin.address}", f"--table={THROTTLED}", f"--rate={ACCEPTED}")
        with helper("bench.proxy_throttle", *limits) as proxy:
            way = forward(stack, PLAN, polardb__endpoint=proxy.line())
            if throttled:
                proxy.tell("throttle")
            return measure(stack, way, rate, seconds, PLAN, batch=1)


if __name__ == "__main__":
    main(sys.argv[1:])
