"""Runs to medians, ratios and a table; and the machine they ran on."""

from __future__ import annotations

import os
import platform
import re
import shutil
import statistics
import subprocess
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from bench.canned.items import MARK, PAGE, PAGE_DIGITS, item_text
from bench.measure import Usage
from bench.runs import Run

MILLION = 1_000_000
COLUMNS = (
    "contender",
    "moved",
    "runs",
    "CPU s / million",
    "floor takes",
    "over limit",
    "per s",
    "MB/s",
    "wall s",
    "PSS sum MB",
    "RSS sum MB",
    "RSS one MB",
)


def item_bytes() -> float:
    """Mean size of an item as DynamoDB JSON."""
    growth = PAGE_DIGITS - len(MARK)
    return statistics.mean(
        len(text) + growth * text.count(MARK) for text in (item_text(slot) for slot in range(PAGE))
    )


def figures(run: Run, size: float) -> Dict[str, float]:
    """`size` is an item's bytes."""
    return {
        "moved": run.moved,
        "cpu_seconds_per_million": run.usage.cpu_seconds / run.moved * MILLION,
        "per_second": run.moved / run.seconds,
        "megabytes_per_second": run.moved * size / run.seconds / MILLION,
        "wall_seconds": run.seconds,
        "peak_pss_sum_megabytes": run.usage.peak_pss_sum / MILLION,
        "peak_rss_sum_megabytes": run.usage.peak_rss_sum / MILLION,
        "peak_rss_single_megabytes": run.usage.peak_rss_single / MILLION,
    }


def medians(runs: Sequence[Run], size: float) -> Dict[str, Dict[str, float]]:
    """By contender, in the order of their first runs."""
    found: Dict[str, List[Dict[str, float]]] = {}
    for run in runs:
        found.setdefault(run.contender, []).append(figures(run, size))
    return {
        name: {"runs": len(each), **{key: statistics.median(one[key] for one in each) for key in each[0]}}
        for name, each in found.items()
    }


class Steady(NamedTuple):
    """Of a contender between its smaller run and its larger one: what starts and ends once does not count."""

    per_second: float
    cpu_seconds_per_million: float


def steady(rows: Dict[str, Dict[str, float]]) -> Dict[str, Steady]:
    """For those named `job, 60,000`."""
    sizes: Dict[str, List[Dict[str, float]]] = {}
    for name, each in rows.items():
        base, comma, size = name.rpartition(", ")
        if comma and size.replace(",", "").isdigit():
            sizes.setdefault(base, []).append(each)
    return {
        name: _between(*each)
        for name, each in sizes.items()
        if len(each) == 2 and each[1]["wall_seconds"] > each[0]["wall_seconds"]
    }


def _between(smaller: Dict[str, float], larger: Dict[str, float]) -> Steady:
    moved = larger["moved"] - smaller["moved"]
    seconds = larger["wall_seconds"] - smaller["wall_seconds"]
    cpu = _cpu_seconds(larger) - _cpu_seconds(smaller)
    return Steady(moved / seconds, cpu / moved * MILLION)


def _cpu_seconds(row: Dict[str, float]) -> float:
    return row["cpu_seconds_per_million"] * row["moved"] / MILLION


def told(rows: Dict[str, Dict[str, float]]) -> str:
    """A line for each contender that ran in two sizes."""
    floor = rows.get("floor", {}).get("cpu_seconds_per_million")
    lines = []
    for name, each in steady(rows).items():
        times = f", {floor / each.cpu_seconds_per_million:.1f} times less than the floor" if floor else ""
        lines.append(
            f"{name}, between its two sizes: {each.per_second:,.0f} items/s, "
            f"{each.cpu_seconds_per_million:.2f} CPU s per million{times}"
        )
    return "\n".join(lines)


def over(rows: Dict[str, Dict[str, float]], base: str) -> Dict[str, float]:
    """CPU of each contender over that of `base`; empty when it did not run or used nothing measurable."""
    key = "cpu_seconds_per_million"
    if not rows.get(base, {}).get(key):
        return {}
    return {name: each[key] / rows[base][key] for name, each in rows.items()}


def table(rows: Dict[str, Dict[str, float]]) -> str:
    """Markdown. `floor takes` so many times the row's CPU; the row takes so many times that of the limit."""
    floor, limit = over(rows, "floor"), over(rows, "limit")
    lines = [COLUMNS, ("---",) + ("---:",) * (len(COLUMNS) - 1)]
    lines += [_row(name, each, floor.get(name), limit.get(name)) for name, each in rows.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(
    name: str, each: Dict[str, float], floor: Optional[float], limit: Optional[float]
) -> Tuple[str, ...]:
    return (
        name,
        f"{each['moved']:,.0f}",
        f"{each['runs']:.0f}",
        f"{each['cpu_seconds_per_million']:.2f}",
        f"{1 / floor:.1f} x" if floor else "",
        f"{limit:.2f} x" if limit else "",
        f"{each['per_second']:,.0f}",
        f"{each['megabytes_per_second']:.1f}",
        f"{each['wall_seconds']:.2f}",
        f"{each['peak_pss_sum_megabytes']:.0f}",
        f"{each['peak_rss_sum_megabytes']:.0f}",
        f"{each['peak_rss_single_megabytes']:.0f}",
    )


def parts(usage: Usage) -> str:
    """Megabytes of each process when all together were largest, shared pages divided among them."""
    found = sorted(usage.heaviest.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {size / MILLION:,.0f}" for name, size in found)


def machine() -> Dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "processor": _field("/proc/cpuinfo", "model name"),
        "memory": _field("/proc/meminfo", "MemTotal"),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "java": _java(),
    }


def _field(path: str, name: str) -> str:
    found = re.search(rf"^{name}\s*:\s*(.*)$", Path(path).read_text(), re.MULTILINE)
    return found.group(1) if found else ""


def _java() -> str:
    if not shutil.which("java"):
        return "none"
    told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    return told.stderr.splitlines()[0] if told.stderr else ""
