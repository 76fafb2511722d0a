"""Scenes for the tests: three tables in different states."""

from connectors.command.progress.metrics import JobMetrics
from connectors.command.progress.rates import ProgressRates
from connectors.command.progress.read import progress
from local.demo.scene import Scene
from local.traffic import Stats

LAST = {"id": 12, "end_to_end_duration": 321, "state_size": 20_480}
SCANNED = {"phase": 3, "generation": 1, "segments": 4, "segmentsDone": 4}
TABLES = {
    "orders": {
        **SCANNED,
        "segmentsDone": 1,
        "expectedItems": 33_334,
        "scannedItems": 14_300,
        "lagSeconds": 8,
    },
    "readings": {"phase": 1, "generation": 1},
    "sessions": {
        **SCANNED,
        "expectedItems": 33_333,
        "scannedItems": 33_290,
        "lagSeconds": 2,
        "deadLetters": 3,
    },
}


def job(tables=TABLES, restarts=0, state="RUNNING", checkpoint=LAST):
    described = {"jid": "1", "name": "polarshake forward", "state": state, "duration": 65_000}
    checkpoints = {"counts": {"completed": 12 if checkpoint else 0}, "latest": {"completed": checkpoint}}
    return progress(described, checkpoints, [{"value": str(restarts)}], JobMetrics(tables, {}))


def scene(progress=None, writing=True):
    rates = ProgressRates()
    if progress is not None:
        slower = {name: {**table, "scannedItems": 0} for name, table in TABLES.items()}
        rates.take(job(slower), 0.0)
        rates.take(progress, 10.0)
    return Scene(progress, rates, Stats(seconds=10.0, applied=1500), writing, "http://127.0.0.1:18081")
