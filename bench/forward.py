"""The forward job beside a floor and a limit, in one run, in turn: A B C A B C.

    python -m bench.forward --part canned --items 1000000 --runs 3

Prints a table of medians and writes bench/results/forward-PART.json. Only the client's side is counted: the
processes of the contender and all they start, from the moment it has asked for its first data.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Dict, List

from bench.report import MILLION, item_bytes, machine, medians, over, parts, steady, table, told
from bench.runs import Run, run_once
from bench.suites import PARTS, PROGRAMS, Case, Options, cases

RESULTS = Path(__file__).resolve().parent / "results"
ALL = ("floor", "floor, no validation", "limit", "limit, signed", "job")


def main() -> None:
    arguments = parse()
    sets = dict(each.split("=", 1) for each in arguments.set)
    options = Options(
        arguments.items,
        arguments.floor_items,
        arguments.contender or ALL,
        arguments.tables,
        arguments.milliseconds,
        arguments.verify,
        sets,
    )
    found = cases(arguments.part, options)
    runs = [_run(case) for _ in range(arguments.runs) for case in found]
    size = item_bytes()
    rows = medians(runs, size)
    print(f"\n{table(rows)}\n{told(rows)}")
    file = RESULTS / f"forward-{arguments.part}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(_document(arguments.part, found, runs, rows, size), indent=2) + "\n")
    print(f"\nwritten to {file}")


def _run(case: Case) -> Run:
    with case.scene() as scene:
        run = run_once(scene, case.contender)
    print(
        f"{run.contender}: {run.moved:,} in {run.seconds:.2f} s, CPU {run.usage.cpu_seconds:.2f} s, "
        f"MB {run.usage.peak_pss_sum / MILLION:,.0f}: {parts(run.usage)}",
        file=sys.stderr,
        flush=True,
    )
    return run


def _document(
    part: str, found: List[Case], runs: List[Run], rows: Dict[str, Dict[str, float]], size: float
) -> Dict[str, Any]:
    return {
        "part": part,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "command": " ".join(["python -m bench.forward", *sys.argv[1:]]),
        "machine": machine(),
        "item_bytes": round(size, 1),
        "commands": {case.contender.name: case.contender.command() for case in found},
        "medians": rows,
        "between_two_sizes": {name: each._asdict() for name, each in steady(rows).items()},
        "cpu_over_floor": over(rows, "floor"),
        "cpu_over_limit": over(rows, "limit"),
        "runs": [{**run._asdict(), "usage": run.usage._asdict()} for run in runs],
    }


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.forward", description=__doc__)
    parser.add_argument("--part", choices=sorted(PARTS), default="canned")
    parser.add_argument("--items", type=int, default=1_000_000, help="items or stream records to move")
    parser.add_argument("--floor-items", type=int, default=50_000, help="the same for the floor, at most")
    parser.add_argument("--runs", type=int, default=3, help="rounds; each runs every contender once")
    parser.add_argument("--tables", type=int, default=2)
    parser.add_argument(
        "--milliseconds", type=float, default=20.0, help="part latency: added to each request"
    )
    parser.add_argument(
        "--verify", action="store_true", help="count distinct keys at the prepared target too"
    )
    parser.add_argument(
        "--contender", action="append", choices=[*PROGRAMS, "job"], help="may be repeated; default: all"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting of the job; may be repeated",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
