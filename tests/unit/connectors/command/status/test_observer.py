"""How often a single `status` polls."""

from connectors.base.timing import Timing
from connectors.command.status.observer import FETCH_SECONDS, JobObserver
from tests.fakes.flink import FakeFlink, FakeJob

SCANNING = {"phase": 3, "generation": 1, "segments": 4, "expectedItems": 1000}
LIVE = {"phase": 2, "generation": 0, "lagSeconds": 1}


class Bench:
    """The job scans 100 items a second of the clock."""

    def __init__(self, table):
        self.now, self.table = 0.0, table
        self.job = FakeJob("f", "polarshake forward")
        self.observer = JobObserver(FakeFlink(self.job), None, Timing(lambda: self.now, self.sleep))
        self.sleep(0.0)

    def sleep(self, seconds):
        self.now += seconds
        self.job.tables = {"orders": {**self.table, "scannedItems": int(100 * self.now)}}


def test_during_a_scan_jobs_are_polled_until_the_speed_is_known():
    bench = Bench(SCANNING)
    observed = bench.observer.once()[0]
    assert observed.rates.items_per_second("orders") == 100.0


def test_without_a_scan_one_poll_after_the_first_response_suffices():
    bench = Bench(LIVE)
    observed = bench.observer.once()[0]
    assert bench.now == FETCH_SECONDS
    assert observed.job.tables["orders"].read_items == 100 * FETCH_SECONDS
