from __future__ import annotations

import json
from typing import Any, Dict, List

from bench.table import ROWS, last_json, sized


def figures(row: str, *found: Dict[str, Any]) -> List[List[str]]:
    return [list(figure) for figure in ROWS[row].read(list(found))]


def test_a_command_has_its_rounds_and_sizes() -> None:
    assert sized("bench.check --items {2000000} --runs {runs}", 4, 3) == "bench.check --items 500000 --runs 3"


def test_the_last_object_that_a_program_printed_counts() -> None:
    whole = {"delay_ms": {"p50": 1}, "load": "x { y"}
    assert last_json(f"{{}}\ntext\n{json.dumps(whole, indent=1)}\n") == whole


def test_start_up_is_left_out_and_memory_is_shown_without_the_waiting_client() -> None:
    heaviest = {"CliFrontend (1)": 130e6, "python forward.py (2)": 120e6, "TaskManagerRunner (3)": 450e6}
    each = {
        "between_two_sizes": {"job": {"cpu_seconds_per_million": 10.0}},
        "medians": {
            "floor": {"cpu_seconds_per_million": 400.0},
            "limit, signed": {"cpu_seconds_per_million": 4.0},
        },
        "runs": [
            {"contender": "job, 2,000,000", "usage": {"heaviest": heaviest}},
            {"contender": "floor", "usage": {"heaviest": {"python": 9e9}}},
        ],
    }
    assert figures("forward", each) == [
        ["forward, CPU s per million items", "10.0", "boto3 40 times that"],
        ["the same against the leanest client", "10.0", "2.5 times its"],
        ["memory of the forward job (PSS)", "700 MB", ""],
        ["the same without the waiting client", "450 MB", ""],
    ]


def test_rounds_near_and_far_alternate_and_their_medians_are_compared() -> None:
    found = [{"medians": {"job": {"per_second": rate}}} for rate in (100.0, 90.0, 110.0, 95.0, 500.0, 10.0)]
    assert figures("latency", *found) == [["20 ms more on both sides, items/s", "90", "82% of 110"]]


def test_each_rate_has_its_own_figures() -> None:
    found = [
        {"rate": rate, "delay_ms": {"p50": 1, "p99": rate}, "checkpoint_ms": {"p50": 2, "p99": 3}}
        for rate in (10.0, 60.0, 10.0, 60.0)
    ]
    assert [figure[:2] for figure in figures("slow", *found)] == [
        ["target 100 ms away, 10 writes/s: delay at p99", "10 ms"],
        ["target 100 ms away, 10 writes/s: checkpoints at p99", "3 ms"],
        ["target 100 ms away, 60 writes/s: delay at p99", "60 ms"],
        ["target 100 ms away, 60 writes/s: checkpoints at p99", "3 ms"],
    ]
