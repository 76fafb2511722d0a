"""The delay of changes at a distant target: single writes to three tables, parallelism 2.

    python -m bench.slow_target --milliseconds 100 --rate 10 --rate 60 --rate 300

Each rate has its own servers and job. A proxy in front of the target adds the delay to every request of the
job. The markers are read without the proxy.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Dict, List

from bench.delay import forward, measure
from bench.subprocesses import helper
from connectors.dynamodb.connection import endpoint_of
from local.demo.servers import home, servers


def main(argv: List[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench.slow_target", description=__doc__)
    parser.add_argument("--milliseconds", type=float, default=100, help="added to each request of the job")
    parser.add_argument("--rate", type=float, action="append", help="single writes a second; may be repeated")
    parser.add_argument("--seconds", type=float, default=30, help="of measuring (default: %(default)s)")
    options = parser.parse_args(argv)
    for rate in options.rate or [10, 60, 300]:
        figures = run(rate, options.milliseconds, options.seconds)
        print(json.dumps({"rate": rate, "milliseconds": options.milliseconds, **figures}), flush=True)


def run(rate: float, milliseconds: float, seconds: float) -> Dict[str, Any]:
    with home() as where:
        stack = servers(where)
        stack.stack.up(lambda text: None)
        standin = stack.stack.standin
        assert standin is not None
        upstream = endpoint_of(standin.address, "polardb.endpoint")
        proxied = ("bench.proxy_latency", f"--milliseconds={milliseconds}")
        with helper(*proxied, f"--upstream={upstream.host}:{upstream.port}") as proxy:
            way = forward(stack, polardb__endpoint=f"http://127.0.0.1:{proxy.line()}")
            return measure(stack, way, rate, seconds, batch=1)


if __name__ == "__main__":
    main(sys.argv[1:])
