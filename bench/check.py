"""The check job beside the obvious way to check, in turn, between prepared servers with equal items.

    python -m bench.check --items 1000000 --runs 3

Prints a table of medians and writes bench/results/check.json. Only the client's side is counted, from the
moment it has asked for its first data until it has ended; read units are the source's, as it would have
billed them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

from bench.candidates import Candidate, Program
from bench.environments import Load, canned
from bench.report import MILLION, item_bytes, machine, parts
from bench.runs import Run, run_once

RESULTS = Path(__file__).resolve().parent / "results"
OBVIOUS, BOTH_WAYS, JOB = "obvious, one way", "obvious, both ways", "job"


class Result(NamedTuple):
    run: Run
    units: float


def main() -> None:
    arguments = parse()
    results = [_run(name, arguments) for _ in range(arguments.runs) for name in arguments.contender or ALL]
    rows = medians(results)
    print(f"\n{table(rows)}")
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / "check.json"
    file.write_text(json.dumps(_document(results, rows), indent=2) + "\n")
    print(f"\nwritten to {file}")


ALL = (OBVIOUS, BOTH_WAYS, JOB)


def contender(name: str, sets: Dict[str, str]) -> Candidate:
    if name == JOB:
        from bench.job import Job  # needs the local stack's Flink cluster

        patience = {
            "check.windowSeconds": "1",
            "check.settleSeconds": "1",
            "check.report": "/dev/shm/bench-check",
        }
        return Job(sets={**patience, **sets}, script="check")
    return Program(name, "bench.baseline_check", *(["--both-ways"] if name == BOTH_WAYS else []))


def _run(name: str, arguments: argparse.Namespace) -> Result:
    items = arguments.items if name == JOB else min(arguments.items, arguments.obvious_items)
    sets = dict(each.split("=", 1) for each in arguments.set)
    with canned(Load(items=items, tables=arguments.tables, mirror=True)) as scene:
        run = run_once(scene, contender(name, sets))
        result = Result(run, scene.units)
    print(
        f"{name}: {run.moved:,} in {run.seconds:.1f} s, CPU {run.usage.cpu_seconds:.1f} s, "
        f"{result.units:,.0f} units, {run.usage.peak_rss_sum / MILLION:,.0f} MB, "
        f"shared pages divided {run.usage.peak_pss_sum / MILLION:,.0f} MB: {parts(run.usage)}",
        file=sys.stderr,
        flush=True,
    )
    return result


def medians(results: List[Result]) -> Dict[str, Dict[str, float]]:
    found: Dict[str, List[Dict[str, float]]] = {}
    for run, units in results:
        figures = {
            "items": run.moved,
            "cpu_seconds_per_million": run.usage.cpu_seconds / run.moved * MILLION,
            "source_units_per_million": units / run.moved * MILLION,
            "wall_seconds": run.seconds,
            "peak_rss_sum_megabytes": run.usage.peak_rss_sum / MILLION,
            "peak_pss_sum_megabytes": run.usage.peak_pss_sum / MILLION,
        }
        found.setdefault(run.contender, []).append(figures)
    return {
        name: {key: statistics.median(one[key] for one in each) for key in each[0]}
        for name, each in found.items()
    }


def table(rows: Dict[str, Dict[str, float]]) -> str:
    lines = [
        "| contender | items | CPU s / million | read units / million | wall s | RSS sum MB | PSS sum MB |"
    ]
    lines.append("|---|---:|---:|---:|---:|---:|---:|")
    for name, row in rows.items():
        lines.append(f"| {name} | " + " | ".join(f"{value:,.1f}" for value in row.values()) + " |")
    return "\n".join(lines)


def _document(results: List[Result], rows: Dict[str, Dict[str, float]]) -> Dict[str, Any]:
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "command": " ".join(["python -m bench.check", *sys.argv[1:]]),
        "machine": machine(),
        "item_bytes": round(item_bytes(), 1),
        "medians": rows,
        "runs": [{**run._asdict(), "usage": run.usage._asdict(), "units": units} for run, units in results],
    }


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.check", description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000, help="items on each side")
    parser.add_argument(
        "--obvious-items", type=int, default=50_000, help="the same for the obvious way, at most"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tables", type=int, default=2)
    parser.add_argument("--contender", action="append", choices=ALL, help="may be repeated; default: all")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the job"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
