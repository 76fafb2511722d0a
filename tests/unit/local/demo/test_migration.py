"""The decision that the job has written everything that the application wrote before it stopped."""

from connectors.command.cutover.streams import ROUNDING
from local.demo.migration import written_past
from tests.unit.local.demo.scenes import SCANNED, job

STOPPED = 1000.0


def running(lag, at):
    return job({"orders": {**SCANNED, "shardsReading": 1, "lagSeconds": lag, "measuredAt": at}})


def test_a_low_lag_that_was_measured_before_the_application_stopped_proves_nothing():
    past = written_past(STOPPED)
    assert not past(running(0, STOPPED - 1))
    assert not past(running(6, STOPPED + 6 + ROUNDING - 1))
    assert past(running(6, STOPPED + 6 + ROUNDING))


def test_a_job_that_shows_no_table_yet_has_not_written_anything():
    assert not written_past(STOPPED)(job({}))
