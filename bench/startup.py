"""What happens between `flink run` and the first item: seconds since the command.

    python -m bench.startup --runs 3

The cluster is running already. The end is the first Scan for items, which the prepared source holds back. CPU
seconds, by program, are those from the command to the end.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import Dict, List

from bench.environments import Load, canned
from bench.job import Job
from bench.processes import family, label, read_all

PATIENCE = 180.0
POLL_SECONDS = 0.05
PROGRAMS = {"client's Python": "python forward.py", "workers' Python": "python pyflink.fn_execution"}
"""The start of a process, by the beginning of its label."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.startup", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the job"
    )
    parser.add_argument("--warm", action="store_true", help="the cluster has run a job before")
    arguments = parser.parse_args()
    sets = dict(each.split("=", 1) for each in arguments.set)
    runs: List[Dict[str, float]] = []
    for _ in range(arguments.runs):
        runs.append(run(sets, arguments.warm))
        print(json.dumps(runs[-1]), flush=True)
    print(json.dumps({"medians": medians(runs)}))


def medians(runs: List[Dict[str, float]]) -> Dict[str, float]:
    return {name: round(statistics.median(one.get(name, 0.0) for one in runs), 2) for name in runs[0]}


def run(sets: Dict[str, str], warm: bool) -> Dict[str, float]:
    job = Job(sets=sets, warm=warm)
    with canned(Load(items=1000, tables=1)) as scene:
        try:
            roots = job.start(scene.endpoints)
            began, before = time.time(), _cpu(roots)
            seen: Dict[str, float] = {}
            while not scene.held():
                if job.ended() or time.time() > began + PATIENCE:
                    raise RuntimeError("the job has not asked for data")
                _look(roots, seen)
                time.sleep(POLL_SECONDS)
            end = time.time()
            steps = {**seen, **_of_flink(job), "first page": end}
            after = _cpu(roots)
        finally:
            job.stop()
    ordered = sorted(steps.items(), key=lambda step: step[1])
    used = {f"CPU {name}": round(cpu - before.get(name, 0.0), 1) for name, cpu in after.items()}
    return {**{name: round(at - began, 2) for name, at in ordered}, **used}


def _look(roots: List[int], seen: Dict[str, float]) -> None:
    labels = [label(process.identity[0]) for process in family(read_all(), roots)]
    for name, beginning in PROGRAMS.items():
        if name not in seen and any(each.startswith(beginning) for each in labels):
            seen[name] = time.time()


def _cpu(roots: List[int]) -> Dict[str, float]:
    """CPU seconds so far, by program; of children that have ended, their parent's."""
    used: Dict[str, float] = {}
    for process in family(read_all(), roots):
        name = label(process.identity[0])
        used[name] = used.get(name, 0.0) + process.own + process.reaped
    return {**used, "all": sum(used.values())}


def _of_flink(job: Job) -> Dict[str, float]:
    """The times at which Flink had accepted the job and its slowest task was running."""
    found = max(job.rest("/jobs/overview")["jobs"], key=lambda one: int(one["start-time"]))
    whole = job.rest(f"/jobs/{found['jid']}")
    running = max(int(vertex["start-time"]) for vertex in whole["vertices"])
    return {"job accepted": int(found["start-time"]) / 1000, "tasks deployed": running / 1000}


if __name__ == "__main__":
    main()
