"""The first table of docs/internals/performance.md: a row for each figure, measured in alternating rounds.

    python -m bench.table                           every row, three rounds: some hours
    python -m bench.table --row check --rounds 1    one row; --row may be repeated
    python -m bench.table --small                   smaller sizes: the ratios are similar

Each row runs other programs of this package; their commands are in the table. What they print goes to
bench/results/table.log, and the rows that are ready are printed as they come.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import statistics
import subprocess
import sys
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

from bench.subprocesses import PROJECT

RESULTS = PROJECT / "bench" / "results"
Found = Dict[str, Any]


class Figure(NamedTuple):
    what: str
    figure: str
    ratio: str = ""


class Row(NamedTuple):
    command: str
    """Arguments of `python -m`. {runs}: the number of rounds; {1000}: a size, which --small divides."""
    read: Callable[[List[Found]], List[Figure]]
    """The figures, from what each run of the command has found."""
    file: str = ""
    """The results that the command writes. Without: the last JSON that it prints."""
    repeated: bool = False
    """The command measures one round, and runs once for each."""
    variants: Sequence[str] = ("",)
    """Commands that alternate, by what is added to them."""


SMALLER = 4


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench.table", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--row", action="append", choices=sorted(ROWS), help="may be repeated; default: all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true")
    arguments = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    print("| what | figure | ratio | command |\n|---|---:|---:|---|", flush=True)
    for name in arguments.row or ROWS:
        row = ROWS[name]
        command = sized(row.command, SMALLER if arguments.small else 1, arguments.rounds)
        try:
            found = [run(f"{command}{each}", row.file) for each in _rounds(row, arguments.rounds)]
            figures = row.read(found)
        except subprocess.CalledProcessError:
            figures = [Figure(name, "failed", "see bench/results/table.log")]
        for figure in figures:
            print(f"| {' | '.join(figure)} | `python -m {command}` |", flush=True)


def _rounds(row: Row, rounds: int) -> List[str]:
    return [each for _ in range(rounds if row.repeated else 1) for each in row.variants]


def sized(command: str, smaller: int, rounds: int) -> str:
    """The command with its numbers."""
    with_runs = command.replace("{runs}", str(rounds))
    return re.sub(r"{(\d+)}", lambda size: str(int(size[1]) // smaller), with_runs)


def run(command: str, file: str) -> Found:
    """Raises CalledProcessError if the program fails; table.log has its output."""
    with (RESULTS / "table.log").open("a") as log:
        log.write(f"\n$ python -m {command}\n")
        log.flush()
        arguments = [sys.executable, "-m", *shlex.split(command)]
        done = subprocess.run(
            arguments, cwd=PROJECT, stdout=subprocess.PIPE, stderr=log, text=True, check=True
        )
        log.write(done.stdout)
    return last_json((RESULTS / file).read_text() if file else done.stdout)


def last_json(text: str) -> Found:
    """The last JSON object that begins a line, which may span lines."""
    found: Found = json.loads(text[[start.start() for start in re.finditer("^{", text, re.MULTILINE)][-1] :])
    return found


def _median(found: Sequence[Found], *path: str) -> float:
    return statistics.median(_at(each, path) for each in found)


def _at(found: Any, path: Sequence[str]) -> float:
    for name in path:
        found = found[name]
    return float(found)


# -- what the rows say -----------------------------------------------------------------------------------


def _forward(found: List[Found]) -> List[Figure]:
    """Processor time without start-up; the memory of the smaller run."""
    (each,) = found
    job = float(next(iter(each["between_two_sizes"].values()))["cpu_seconds_per_million"])
    cpu = {name: float(row["cpu_seconds_per_million"]) for name, row in each["medians"].items()}
    memory = [_memory(one) for one in each["runs"] if one["contender"].startswith("job")]
    return [
        Figure(
            "forward, CPU s per million items", f"{job:.1f}", f"boto3 {cpu['floor'] / job:.0f} times that"
        ),
        Figure(
            "the same against the leanest client", f"{job:.1f}", f"{job / cpu['limit, signed']:.1f} times its"
        ),
        Figure("memory of the forward job (PSS)", f"{statistics.median(one[0] for one in memory):,.0f} MB"),
        Figure(
            "the same without the waiting client", f"{statistics.median(one[1] for one in memory):,.0f} MB"
        ),
    ]


def _changes(found: List[Found]) -> List[Figure]:
    """The memory that the larger of two numbers of changed keys adds."""
    (each,) = found
    runs = each["runs"]
    sizes = sorted({one["moved"] for one in runs})
    less, more = (
        statistics.median(_memory(one)[0] for one in runs if one["moved"] == size) for size in sizes
    )
    keys = f"{sizes[1] - sizes[0]:,} more keys"
    return [Figure(f"memory while {keys} change (PSS)", f"{more - less:+,.0f} MB", f"{less:,.0f} MB before")]


def _memory(one: Found) -> List[float]:
    """Megabytes of all processes, and of those that remain after `flink run -d`."""
    heaviest = one["usage"]["heaviest"]
    client = sum(size for name, size in heaviest.items() if name.startswith(CLIENT))
    return [sum(heaviest.values()) / 1e6, (sum(heaviest.values()) - client) / 1e6]


CLIENT = ("CliFrontend", "python forward.py")


def _mongodb(found: List[Found]) -> List[Figure]:
    (each,) = found
    job = float(next(iter(each["between_two_sizes"].values()))["cpu_seconds_per_million"])
    floor = _at(each, ("medians", "floor", "cpu_seconds_per_million"))
    return [
        Figure(
            "MongoDB `change`, CPU s per million items", f"{job:.1f}", f"obvious way {floor / job:.1f} times"
        )
    ]


def _check(found: List[Found]) -> List[Figure]:
    (each,) = found
    job = _at(each, ("medians", "job", "cpu_seconds_per_million"))
    both = _at(each, ("medians", "obvious, both ways", "cpu_seconds_per_million"))
    return [
        Figure(
            "check, CPU s per million items", f"{job:.1f}", f"obvious way both ways {both / job:.1f} times"
        )
    ]


def _reverse(found: List[Found]) -> List[Figure]:
    (each,) = found
    job, plain = each["medians"]["job"], each["medians"]["plain loop"]
    cpu, rate = job["cpu_seconds_per_million"], job["per_second"]
    return [
        Figure("reverse, CPU s per million changes", f"{cpu:.1f}",
               f"plain loop {plain['cpu_seconds_per_million'] / cpu:.0f} times"),
        Figure("reverse, changes/s", f"{rate:,.0f}", f"{rate / plain['per_second']:.0f} times the loop's"),
    ]  # fmt: skip


def _delay(name: str) -> Callable[[List[Found]], List[Figure]]:
    return lambda found: [
        Figure(f"{name}: delay at p99", f"{_median(found, 'delay_ms', 'p99'):.0f} ms",
               f"p50 {_median(found, 'delay_ms', 'p50'):.0f} ms"),
        Figure(f"{name}: checkpoints at p99", f"{_median(found, 'checkpoint_ms', 'p99'):.0f} ms",
               f"p50 {_median(found, 'checkpoint_ms', 'p50'):.0f} ms"),
    ]  # fmt: skip


def _slow(found: List[Found]) -> List[Figure]:
    figures: List[Figure] = []
    for rate in sorted({float(each["rate"]) for each in found}):
        of_rate = [each for each in found if each["rate"] == rate]
        figures += _delay(f"target 100 ms away, {rate:.0f} writes/s")(of_rate)
    return figures


def _throttled(found: List[Found]) -> List[Figure]:
    (each,) = found
    figure = f"{each['p99_ms']['throttled']:.0f} ms"
    return [
        Figure("delay of other tables at p99, one throttled", figure, f"{each['ratio']:.1f} times without")
    ]


def _latency(found: List[Found]) -> List[Figure]:
    near, far = (_median(found[place::2], "medians", "job", "per_second") for place in (0, 1))
    return [Figure("20 ms more on both sides, items/s", f"{far:,.0f}", f"{far / near:.0%} of {near:,.0f}")]


def _startup(cluster: str) -> Callable[[List[Found]], List[Figure]]:
    def figures(found: List[Found]) -> List[Figure]:
        medians = found[-1]["medians"]
        what = f"`flink run` to the first item, {cluster}"
        return [Figure(what, f"{medians['first page']:.1f} s", f"{medians['CPU all']:.0f} CPU s")]

    return figures


ROWS: Dict[str, Row] = {
    "forward": Row(
        "bench.forward --part canned --items {2000000} --floor-items 20000 --runs {runs} "
        "--contender floor --contender 'limit, signed' --contender job",
        _forward,
        "forward-canned.json",
    ),
    "changes": Row(
        "bench.forward --part incremental --items {2500000} --runs {runs} --contender job",
        _changes,
        "forward-incremental.json",
    ),
    "mongodb": Row(
        "bench.mongodb --items {1000000} --floor-items 50000 --runs {runs} --contender floor --contender job",
        _mongodb,
        "mongodb.json",
    ),
    "check": Row("bench.check --items {2000000} --obvious-items 20000 --runs {runs}", _check, "check.json"),
    "reverse": Row("bench.reverse --changes {40000} --job-changes {400000} --runs {runs}", _reverse),
    "delay": Row("bench.delay --rate 500 --seconds 40", _delay("500 writes/s"), repeated=True),
    "slow": Row(
        "bench.slow_target --milliseconds 100 --seconds 20",
        _slow,
        repeated=True,
        variants=(" --rate 10", " --rate 60", " --rate 300"),
    ),
    "throttled": Row("bench.throttled_table --rate 200 --seconds 20 --rounds {runs}", _throttled),
    "latency": Row(
        "bench.forward --part latency --items {1000000} --runs 1 --contender job",
        _latency,
        "forward-latency.json",
        repeated=True,
        variants=(" --milliseconds 0.001", " --milliseconds 20"),
    ),
    "startup": Row("bench.startup --runs {runs}", _startup("a new cluster")),
    "warm": Row("bench.startup --runs {runs} --warm", _startup("a cluster that has run a job")),
}


if __name__ == "__main__":
    main()
