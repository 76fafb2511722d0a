"""Scripted metrics for the alert rules: evaluated here, or written as a test for promtool."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import yaml

from tests.harness.promql import UNITS, Database, evaluate

FILE = Path(__file__).parents[2] / "deploy" / "monitoring" / "alerts.yml"
RULES = {
    rule["alert"]: rule for group in yaml.safe_load(FILE.read_text())["groups"] for rule in group["rules"]
}
TABLE = "flink_taskmanager_job_task_operator_table_"
JOB = "flink_jobmanager_job_"
STEP = 10
END = 3600
Series = Callable[[int], Optional[float]]


def constant(value: float) -> Series:
    return lambda at: value


def until(end: int, series: Series) -> Series:
    """The series ends: its target is gone."""
    return lambda at: series(at) if at <= end else None


class World:
    """Scripted metrics, scraped every ten seconds for an hour."""

    def __init__(self) -> None:
        self.database = Database()
        self._series: List[Dict[str, str]] = []

    def table(
        self, name: str, series: Series, job: str = "forward", run: str = "1", table: str = "orders"
    ) -> World:
        return self._add(TABLE + name, series, job_name=f"polarshake {job}", job_id=run, table=table)

    def job(self, name: str, series: Series, job: str = "forward", run: str = "1") -> World:
        return self._add(JOB + name, series, job_name=f"polarshake {job}", job_id=run)

    def _add(self, name: str, series: Series, **labels: str) -> World:
        for at in range(0, END + 1, STEP):
            value = series(at)
            if value is not None:
                self.database.add(name, at, value, **labels)
        named = ", ".join(f'{label}="{text}"' for label, text in labels.items())
        values = [series(at) for at in range(0, END + 1, STEP)]
        shown = " ".join("_" if value is None else f"{value:g}" for value in values)
        self._series.append({"series": f"{name}{{{named}}}", "values": shown})
        return self

    def promtool_test(self, alert: str, expected: Dict[int, bool]) -> Dict[str, Any]:
        """One test of `promtool test rules`. `expected`: whether the alert fires, by second."""
        firing = f'count(ALERTS{{alertname="{alert}", alertstate="firing"}}) > bool 0'
        return {
            "interval": f"{STEP}s",
            "input_series": self._series,
            "promql_expr_test": [
                {
                    "expr": firing,
                    "eval_time": f"{second}s",
                    "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
                }
                for second, fires in expected.items()
            ],
        }

    def fires(self, alert: str) -> Optional[int]:
        """The first second at which it fires, None if never."""
        rule = RULES[alert]
        text = rule.get("for", "0s")
        lasting = float(text[:-1]) * UNITS[text[-1]]
        since: Dict[object, int] = {}
        for at in range(0, END + 1, STEP):
            active = evaluate(rule["expr"], self.database, at)
            since = {labels: since.get(labels, at) for labels in active}
            if any(at - began >= lasting for began in since.values()):
                return at
        return None


def healthy(run: str = "1", table: str = "orders") -> World:
    """A live table and a running job with a slot."""
    return fill(World(), run, table)


def fill(world: World, run: str, table: str) -> World:
    for name, value in {
        **{"lagSeconds": 6, "segments": 4, "segmentsDone": 4, "step": 2, "generation": 1, "phase": 3},
        **{"shardsReading": 4, "shardsWaiting": 0, "deadLetters": 0},
    }.items():
        world.table(name, constant(value), run=run, table=table)
    world.table("measuredAt", lambda at: float(at), run=run, table=table)
    slot = {"retainedWalBytes": 1e6, "slotActive": 1, "slotLagSeconds": 1}
    for name, level in slot.items():
        world.table(name, constant(level), "reverse", run, "flink_slot")
    world.job("runningTime", lambda at: at * 1000.0, run=run)
    world.job("numRestarts", constant(0), run=run)
    world.job("numberOfCompletedCheckpoints", lambda at: float(at // 10), run=run)
    world.job("numberOfFailedCheckpoints", constant(0), run=run)
    return world


def with_(name: str, series: Series, **more: str) -> World:
    """A world with nothing but this series, and a table that follows."""
    return World().table("step", constant(2)).table(name, series, **more)


def from_(second: int, value: float, before: float = 0) -> Series:
    return lambda at: value if at >= second else before


def completing(at: int) -> float:
    """Checkpoints complete until the tenth minute."""
    return float(min(at, 600) // 10)


FIRING: List[Tuple[str, World, int, int]] = [
    ("PolarshakeLag", with_("lagSeconds", from_(600, 400)), 600, 300),
    ("PolarshakeLagNearsRetention", with_("lagSeconds", from_(600, 43_300)), 600, 0),
    ("PolarshakeLagNotMeasured", with_("measuredAt", lambda at: float(min(at, 600))), 600, 110),
    ("PolarshakeStreamSilent", with_("lagSeconds", lambda at: float(max(6, at - 594))), 600, 80),
    ("PolarshakeTableNotReady", with_("phase", constant(1)), 0, 900),
    (
        "PolarshakeNoShardIsRead",
        with_("shardsWaiting", from_(600, 3)).table("shardsReading", from_(600, 0, 4)),
        600,
        120,
    ),
    ("PolarshakeDeadLetters", with_("deadLetters", from_(600, 1)), 600, 0),
    ("PolarshakeTableSuspended", with_("suspended", from_(600, 1)), 600, 0),
    ("PolarshakeScannedAgain", with_("generation", from_(600, 2, 1)), 600, 0),
    ("PolarshakeRetainedWal", with_("retainedWalBytes", from_(600, 2e10), job="reverse"), 600, 300),
    ("PolarshakeRetainedWalFillsDisk", with_("retainedWalBytes", from_(600, 6e10), job="reverse"), 600, 0),
    ("PolarshakeSlotIdle", with_("slotActive", from_(600, 0, 1), job="reverse"), 600, 300),
    ("PolarshakeSlotLag", with_("slotLagSeconds", from_(600, 90), job="reverse"), 600, 300),
    (
        "PolarshakeCheckpointsFail",
        World().job("numberOfFailedCheckpoints", lambda at: float(at >= 600) * 2),
        600,
        0,
    ),
    (
        "PolarshakeNoCheckpoint",
        World().job("numberOfCompletedCheckpoints", completing).job("runningTime", lambda at: at * 1000.0),
        600,
        610,
    ),
    ("PolarshakeRestarts", World().job("numRestarts", lambda at: float(max(0, at - 600) // 60)), 600, 250),
    ("PolarshakeGone", World().job("runningTime", until(1200, constant(1))), 1200, 370),
]
"""An alert, a world, when its fault begins, and the seconds until it fires."""
