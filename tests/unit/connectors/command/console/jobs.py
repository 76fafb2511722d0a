"""Documents of jobs for the tests of the console."""

from connectors.command.progress.rates import ProgressRates
from connectors.command.status import document
from connectors.model.jobs import FORWARD
from connectors.model.steps import FIRST_FOLLOW
from tests.fakes.flink import FakeJob

SCANNING = {
    **{"phase": 3, "generation": 1, "segments": 4, "segmentsDone": 1, "step": 0},
    **{"scannedItems": 400, "expectedItems": 1000, "lagSeconds": 300, "shardsReading": 1},
}
LIVE = {**SCANNING, "step": FIRST_FOLLOW, "segmentsDone": 4, "scannedItems": 1000, "lagSeconds": 6}


def job(name=FORWARD, state="RUNNING", restarts=0, failure="", id="f1", **tables):
    made = FakeJob(id, name, state)
    made.tables, made.restarts = tables, restarts
    return document.job(made.progress(), ProgressRates(), failure)


def late(seconds):
    return {**LIVE, "lagSeconds": seconds}
